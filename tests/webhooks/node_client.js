// Twilio's client for node as a witness: each line of stdin is [function, arguments] as JSON, each line of stdout its result.
"use strict";

const path = require("path");
const readline = require("readline");

const twilio = require(path.join(process.argv[2], "node_modules", "twilio", "lib", "webhooks", "webhooks"));

const functions = {
  version: () => require(path.join(process.argv[2], "node_modules", "twilio", "package.json")).version,
  sign: twilio.getExpectedTwilioSignature,
  algorithm: twilio.getSignatureAlgorithm,
  form: twilio.validateRequest,
  json: twilio.validateRequestWithBody,
  // A request as Express shows it: of its headers, one is read by name.
  incoming: (request, key, options) => {
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const shown = { ...request, headers, header: (name) => headers[name.toLowerCase()] };
    return twilio.validateIncomingRequest(shown, key, options);
  },
};

console.warn = () => {}; // stdout and stderr are for results and failures
readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const [name, given] = JSON.parse(line);
  let found;
  try {
    found = { result: functions[name](...given) };
  } catch (error) {
    found = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(found) + "\n");
});
