// A person with a browser: goes to the address, types the code, signs in, consents.
//
//   NODE_EXTRA_CA_CERTS=... node person.mjs ADDRESS CODE approve|refuse|abort [FIELD=VALUE...]
//
// The fields are those of the login page (identity-provider.mjs): account, amr, acr, ago, claims. Prints the last page's text.
import { request } from 'node:https';

const [address, code, decision, ...fields] = process.argv.slice(2);
const login = Object.fromEntries(fields.map((field) => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]));
const cookies = new Map();

// One request. (Node.js 18, which Debian 12 has, sends no cookies by fetch.)
const send = (url, form) => new Promise((resolve, reject) => {
  const body = form && new URLSearchParams(form).toString();
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  const headers = { cookie, ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }) };
  const sent = request(url, { method: form ? 'POST' : 'GET', headers }, async (response) => {
    let text = '';
    for await (const part of response.setEncoding('utf8')) text += part;
    resolve({ status: response.statusCode, headers: response.headers, text });
  });
  sent.on('error', reject).end(body);
});

async function open(url, form) {
  for (let hops = 0; hops < 10; hops += 1) {
    const { status, headers, text } = await send(url, form);
    for (const cookie of headers['set-cookie'] ?? []) {
      const [name, value] = cookie.split(';')[0].split('=');
      if (value) cookies.set(name, value);
      else cookies.delete(name);
    }
    if (status < 300 || status > 399) return { url, text };
    url = new URL(headers.location, url).href;
    form = undefined;
  }
  throw new Error('too many redirects');
}

// Sends the page's form, with its hidden fields, and what is typed.
function submit(page, typed) {
  const action = page.text.match(/<form [^>]*action="([^"]*)"/)?.[1];
  if (!action) throw new Error(`no form: ${page.text}`);
  const hidden = [...page.text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  return open(new URL(action, page.url).href, { ...Object.fromEntries(hidden.map(([, name, value]) => [name, value])), ...typed });
}

let page = await submit(await open(address), { user_code: code });
if (decision === 'abort') {
  page = await submit({ ...page, text: page.text.replace('name="confirm" value="yes"', 'name="abort" value="yes"') }, {});
} else {
  page = await submit(page, {});
  if (decision === 'refuse') {
    page = await submit(page, { refuse: 'yes' });
  } else {
    page = await submit(page, login);
    while (page.text.includes('id="consent"')) page = await submit(page, {});
  }
}
console.log(page.text.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ').trim());
