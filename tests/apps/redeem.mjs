// Begins a flow as an OAuth 2.0 client, prints address and code on a line, and when a line comes redeems the device code twice:
// each time it prints the status, and what the error is called or "id_token".
//
//   NODE_EXTRA_CA_CERTS=... node redeem.mjs ISSUER CLIENT
import { createInterface } from 'node:readline';
import { request } from 'node:https';

const [issuer, client] = process.argv.slice(2);

const post = (path, form) => new Promise((resolve, reject) => {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const sent = request(`${issuer}${path}`, { method: 'POST', headers }, async (response) => {
    let text = '';
    for await (const part of response.setEncoding('utf8')) text += part;
    resolve({ status: response.statusCode, answer: JSON.parse(text) });
  });
  sent.on('error', reject).end(new URLSearchParams(form).toString());
});

const begun = (await post('/device/auth', { client_id: client, scope: 'openid profile' })).answer;
console.log(`${begun.verification_uri} ${begun.user_code}`);
for await (const _ of createInterface({ input: process.stdin })) break;
for (let turn = 0; turn < 2; turn += 1) {
  const { status, answer } = await post('/token', {
    client_id: client, grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: begun.device_code,
  });
  console.log(`${status} ${answer.error ?? Object.keys(answer).find((name) => name === 'id_token')}`);
}
process.exit(0);
