// Calls roomtokens mock through the official Node SDK, as a service would: the SDK reads TELNYX_API_KEY and
// TELNYX_BASE_URL from the environment. Faults are posted to the mock at run time.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import Telnyx from 'telnyx';

const room = '3fa0c9d4-6a1b-4f57-9a3e-5d2c8b7e1f60';
const telnyx = new Telnyx();

const create = (body = {}, { client = telnyx, inRoom = room } = {}) =>
  client.rooms.actions.generateJoinClientToken(inRoom, body);
const refresh = (refreshToken, { client = telnyx, inRoom = room, ...body } = {}) =>
  client.rooms.actions.refreshClientToken(inRoom, { refresh_token: refreshToken, ...body });

async function mock(method, path, body) {
  const response = await fetch(new URL(path, process.env.TELNYX_BASE_URL), { method, body: JSON.stringify(body) });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response;
}

// statuses lists what the mock responded with since the last reset; 0 is a broken connection.
async function statuses() {
  const requests = await (await mock('GET', '/_mock/requests')).json();
  return requests.map(({ status }) => status ?? 0);
}

// rejects checks the class that a caller would catch, and the code of the problem, bare or in an envelope.
async function rejects(call, errorClass, status, code) {
  await assert.rejects(call, (error) => {
    assert.equal(error.constructor, Telnyx[errorClass]);
    assert.equal(error.status, status);
    assert.equal((error.error?.errors?.[0] ?? error.error)?.code, code);
    return true;
  });
}

const seconds = (from, to) => (Date.parse(to) - Date.parse(from)) / 1000;

beforeEach(() => mock('DELETE', '/_mock'));

test('creates and refreshes', async () => {
  const { data: byDefault } = await create();
  const { data: short } = await create({ token_ttl_secs: 60, refresh_token_ttl_secs: 120 });
  assert.equal(seconds(byDefault.token_expires_at, byDefault.refresh_token_expires_at), 3000);
  assert.equal(seconds(short.token_expires_at, short.refresh_token_expires_at), 60);

  const { data: refreshed } = await refresh(byDefault.refresh_token, { token_ttl_secs: 30 });
  const left = seconds(new Date(), refreshed.token_expires_at);
  assert.ok(10 < left && left <= 30, `${left}`);

  // The SDK sends its key with a refresh, too; the mock ignores it there.
  assert.ok((await refresh(byDefault.refresh_token, { client: new Telnyx({ apiKey: 'KEY-of-nobody' }) })).data.token);
  assert.deepEqual(await statuses(), [201, 201, 201, 201]);
});

test('signs tokens with the key in its JWKS', async () => {
  const { data } = await create();
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', process.env.TELNYX_BASE_URL));
  const { payload } = await jwtVerify(data.token, keys);
  assert.equal(payload.typ, 'access');
});

test('rejects with typed errors, and once', async () => {
  const { data } = await create();
  const elsewhere = { inRoom: '11111111-2222-4333-8444-555555555555' };
  const stranger = { client: new Telnyx({ apiKey: 'KEY-of-nobody' }) };
  await rejects(create({}, stranger), 'AuthenticationError', 401, '10009');
  await rejects(refresh('unknown'), 'AuthenticationError', 401, '10009');
  await rejects(refresh(data.token), 'PermissionDeniedError', 403, '10010');
  await rejects(refresh(data.refresh_token, elsewhere), 'PermissionDeniedError', 403, '10010');
  await rejects(create({}, { inRoom: '00000000-0000-0000-0000-000000000000' }), 'NotFoundError', 404, '10005');
  await rejects(create({}, { inRoom: 'lobby' }), 'UnprocessableEntityError', 422, '10006');
  await rejects(create({ token_ttl_secs: 9 }), 'UnprocessableEntityError', 422, '10015');
  await rejects(refresh(undefined), 'UnprocessableEntityError', 422, '10004');
  assert.deepEqual(await statuses(), [201, 401, 401, 403, 403, 404, 422, 422, 422]);
});

const rejected = [
  [{ name: 'rate limited at once', status: 429, times: 3 }, [429, 429, 429], 'RateLimitError', 429, '10011'],
  [{ fault: 'problem detail', times: 3 }, [503, 503, 503], 'InternalServerError', 503],
  [{ fault: 'reset', times: 3 }, [0, 0, 0], 'APIConnectionError'],
  [{ fault: '403 in an envelope' }, [403], 'PermissionDeniedError', 403, '10010'],
];
for (const [fault, expected, ...error] of rejected) {
  test(`gives up: ${fault.fault ?? fault.name}`, async () => {
    await mock('POST', '/_mock/faults', [fault]);
    await rejects(create(), ...error);
    assert.deepEqual(await statuses(), expected);
  });
}

const recovered = [
  [{ fault: 'rate limited', times: 2 }, [429, 429, 201], 2000],
  [{ fault: 'refusal 10007', times: 2 }, [500, 500, 201], 0],
  [{ fault: 'refusal 10008' }, [408, 201], 0],
  [{ fault: 'reset', times: 2 }, [0, 0, 201], 0],
];
for (const [fault, expected, atLeast] of recovered) {
  test(`retries: ${fault.fault}`, async () => {
    await mock('POST', '/_mock/faults', [fault]);
    const began = performance.now();
    assert.ok((await create()).data.token);
    assert.ok(performance.now() - began >= atLeast, 'Retry-After is obeyed');
    assert.deepEqual(await statuses(), expected);
  });
}
