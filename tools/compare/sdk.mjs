// Calls the API with Telnyx's official SDK for Node; the arguments and the output are those of package program, and
// "operations" prints how many operations the SDK has. TELNYX_API_KEY and TELNYX_BASE_URL are read by the SDK.
import { createRequire } from 'node:module';
const { default: Telnyx } = createRequire(new URL('../../test/conformance/', import.meta.url))('telnyx');

const telnyx = new Telnyx();
const [command, room, refreshToken] = process.argv.slice(2);
const deadline = { signal: AbortSignal.timeout(10_000) };
setTimeout(() => process.exit(2), 30_000).unref(); // should nobody end it before

// operations counts the methods of a resource and of those in it that send a request.
function operations(resource) {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Object.getPrototypeOf(resource)))
    .filter(([name, { value }]) => name !== 'constructor' && /this\._client\.\w+\(/.test(value));
  const nested = Object.values(resource).filter((value) => value?._client === telnyx);
  return nested.reduce((sum, value) => sum + operations(value), methods.length);
}

async function bench() {
  let best = Infinity;
  for (let round = 0; round < 20; round++) {
    const began = performance.now();
    for (let call = 0; call < 200; call++) await telnyx.rooms.actions.generateJoinClientToken(room, {});
    best = Math.min(best, (performance.now() - began) / 200);
  }
  return [`${Math.round(best * 1000)} µs`];
}

async function call() {
  const response = command === 'create'
    ? await telnyx.rooms.actions.generateJoinClientToken(room, { token_ttl_secs: 600 }, deadline)
    : await telnyx.rooms.actions.refreshClientToken(room, { refresh_token: refreshToken }, deadline);
  return [response, response?.data?.token ?? ''];
}

try {
  const resources = Object.values(telnyx).filter((value) => value?._client === telnyx);
  const lines = command === 'bench' ? await bench()
    : command === 'operations' ? [resources.reduce((sum, value) => sum + operations(value), 0)] : await call();
  for (const line of lines) console.log(line);
} catch (error) {
  console.error(`${error.name}: ${error.message}`);
  process.exitCode = 1;
}
