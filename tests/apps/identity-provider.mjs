// The OpenID provider of npm's oidc-provider, over TLS on 127.0.0.1, with the device authorization grant.
//
//   node identity-provider.mjs NODE_MODULES CERTIFICATE KEY KEYS
//
// Prints its issuer once it listens. Its login page asks for an account's name and takes what else a person is to bring along:
// amr and acr (how), ago (seconds since the sign-in), claims (JSON: more claims of the ID token). Clients: "rs256", "ps256",
// "es256" and "eddsa" are public and get ID tokens of that algorithm; "confidential" has the secret "correct horse".
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { webcrypto } from 'node:crypto';
import { pathToFileURL } from 'node:url';

// What oidc-provider thinks of tests is not for standard output.
console.info = () => {};

// Debian 12 has Node.js 18, which lacks these.
globalThis.crypto ??= webcrypto;
URL.parse ??= (url, base) => (URL.canParse(url, base) ? new URL(url, base) : null);

const [modules, certificate, key, keys] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`));

const client = (id, algorithm, rest) => ({
  client_id: id,
  token_endpoint_auth_method: 'none',
  grant_types: ['urn:ietf:params:oauth:grant-type:device_code'],
  response_types: [],
  redirect_uris: [],
  id_token_signed_response_alg: algorithm,
  require_auth_time: true,
  ...rest,
});
const accounts = new Map();
const configuration = {
  // Keys of the tests, not made anew each time: Node.js has been seen to wait for ever where it makes and exports them.
  jwks: JSON.parse(readFileSync(keys)),
  clients: [
    client('rs256', 'RS256'), client('ps256', 'PS256'), client('es256', 'ES256'), client('eddsa', 'EdDSA'),
    client('confidential', 'RS256', { token_endpoint_auth_method: 'client_secret_basic', client_secret: 'correct horse' }),
  ],
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  claims: { openid: ['sub', 'amr', 'acr', 'auth_time', 'tid', 'oid', 'acrs', 'preferred_username'] },
  acrValues: ['https://refeds.org/profile/mfa', 'https://refeds.org/profile/sfa'],
  conformIdTokenClaims: false,
  cookies: { keys: ['of the tests'] },
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
  },
  ttl: { DeviceCode: Number(process.env.DEVICE_CODE_TTL ?? 600), Interaction: 600, Session: 600, Grant: 600, AccessToken: 60, IdToken: 600 },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) }),
};

const body = async (request) => {
  let text = '';
  for await (const part of request) text += part;
  return Object.fromEntries(new URLSearchParams(text));
};
const page = (response, html) => {
  response.writeHead(200, { 'content-type': 'text/html' });
  response.end(html);
};

let provider;

// Consent is asked for on a page of its own, as browsers meet it.
async function interact(request, response) {
  const { uid, prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    return page(response, `<form id="${prompt.name}" method="post" action="/interaction/${uid}"></form>`);
  }
  const form = await body(request);
  if (form.refuse) {
    return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'said no' });
  }
  if (prompt.name === 'login') {
    accounts.set(form.account, JSON.parse(form.claims || '{}'));
    const ts = Math.floor(Date.now() / 1000) - Number(form.ago || 0);
    const login = { accountId: form.account, amr: form.amr ? form.amr.split(' ') : undefined, acr: form.acr || undefined, ts };
    return provider.interactionFinished(request, response, { login });
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope('openid profile');
  grant.addOIDCClaims(prompt.details.missingOIDCClaims ?? []);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => {
  if (!request.url.startsWith('/interaction/')) return provider.callback()(request, response);
  return interact(request, response).catch((error) => {
    response.writeHead(500);
    response.end(`${error}`);
  });
});
server.listen(0, '127.0.0.1', () => {
  const issuer = `https://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, configuration);
  // It names no interval, so that clients ask every five seconds; that takes tests their time.
  provider.use(async (context, next) => {
    await next();
    if (process.env.DEVICE_INTERVAL && context.body?.device_code) context.body.interval = Number(process.env.DEVICE_INTERVAL);
  });
  provider.on('server_error', (_, error) => console.error(error));
  provider.on('grant.error', (_, error) => console.error(error.message, error.error_description ?? '', error.error_detail ?? ''));
  // The one line; nobody reads what comes after it.
  process.stdout.write(`${issuer}\n`);
});
