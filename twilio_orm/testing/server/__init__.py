"""How requests are received: credentials, routes, parameters, pages and faults."""
