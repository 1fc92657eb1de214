"""What creating, changing and deleting mean for each resource."""
