// Makes calls through the official Node SDK, as a service would: the SDK reads TELNYX_API_KEY and TELNYX_BASE_URL from the
// environment. Standard input holds the calls, a JSON array of {method, room, body, apiKey}; "$refresh" and "$token" in a
// body stand for what the first create has answered with. Standard output gets an outcome for each.
import { readFileSync } from 'node:fs';
import Telnyx from 'telnyx';

const calls = JSON.parse(readFileSync(0, 'utf8'));
let first;

const outcomes = [];
for (const call of calls) outcomes.push(await make(call));
console.log(JSON.stringify(outcomes));

async function make({ method, room, body, apiKey }) {
  const client = new Telnyx(apiKey ? { apiKey } : {});
  const began = performance.now();
  try {
    const { data } = await client.rooms.actions[method](room, fill(body));
    first ??= data;
    return { data, millis: performance.now() - began };
  } catch (error) {
    if (!(error instanceof Telnyx.APIError)) throw error;
    return { error: nameOf(error), status: error.status ?? 0, code: codeOf(error.error), millis: performance.now() - began };
  }
}

function fill(body) {
  if (body.refresh_token === '$refresh') return { ...body, refresh_token: first.refresh_token };
  if (body.refresh_token === '$token') return { ...body, refresh_token: first.token };
  return body;
}

// nameOf is the class that a caller would catch: the most special one that the SDK exports for the error.
function nameOf(error) {
  const classes = Object.entries(Telnyx).filter(([, value]) => value?.prototype instanceof Telnyx.APIError);
  return classes.find(([, value]) => error.constructor === value)?.[0] ?? '';
}

// codeOf is the code of the first problem in the body that the SDK has parsed, bare or in an envelope.
function codeOf(body) {
  return (body?.errors?.[0] ?? body)?.code ?? '';
}
