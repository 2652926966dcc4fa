// What the page takes for a secret: it is in no draft, which the browser keeps, and
// in no text for people. The names are those by which the server hides values.

import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {after, before, test} from 'node:test';
import {begin, check, draft, end, field, mount, page} from './mounted_form.mjs';
import {complaints} from './support.mjs';

before(begin);
after(end);

const text = (title, more) => ({type: 'string', title, ...more});

// {schema, given, secret: the names of what is left out of the draft}
const table = {
  'a member that is known and not marked': {
    schema: {properties: {user: text('U'), password: text('P'),
      pin: {type: 'integer'}, token_type: text('T'), auth: {enum: ['no', 'yes']},
      use_token: {type: 'boolean'}}},
    given: {user: 'u', password: 'p', pin: 1234, token_type: 'x', auth: 'yes',
      use_token: true},
    kept: {user: 'u', token_type: 'x', auth: 'yes', use_token: true}},
  'members that are not known': {
    schema: {},
    given: {authorization: 'Bearer x', dsn: 'a:b', cookie: 'c', auth: 'd',
      'X-Api-Key': 'e', accesstoken: 'f', password2: 'g', monkey: 'h',
      primary_key: 'i', connectionString: 'j', pass: '', shop: 'k'},
    kept: {monkey: 'h', primary_key: 'i', pass: '', shop: 'k'}},
  'what stands below a name': {
    schema: {properties: {credentials: {oneOf: [
      {properties: {kind: {const: 'a'}, tenant: {enum: ['eu', 'us']}}},
      {properties: {kind: {const: 'b'}, word: text('W')}}]}}},
    given: {credentials: {kind: 'b', word: 'w', tenant: 'us', client_id: 'c',
      more: {x: ['y', 7, true]}}, passwords: ['a', 'b'], tokens: {one: 'x'}},
    kept: {credentials: {kind: 'b', tenant: 'us', client_id: 'c', more: {
      x: [true]}}, passwords: [], tokens: {}}},
  'a name that is another member': {
    schema: {}, given: {headers: [{name: 'Authorization', value: 'x'},
      {key: 'Accept', value: 'y'}]},
    kept: {headers: [{name: 'Authorization'}, {key: 'Accept', value: 'y'}]}},
  'texts with a secret in them': {
    schema: {properties: {url: text('URL')}},
    given: {url: 'https://u:p@ss@h/', a: 'postgres://u@h:5432/db',
      b: 'https://h/?a=b&api_key=x', c: 'Server=h;Password=x', d: 'a;b=c',
      e: '{"type": "x", "private_key": "y"}', f: 'https://h:80/a@b', g: '{"a": 1}'},
    kept: {a: 'postgres://u@h:5432/db', d: 'a;b=c', f: 'https://h:80/a@b',
      g: '{"a": 1}'}},
  'members of any name that are marked': {
    schema: {properties: {m: {additionalProperties: text('X',
      {airbyte_secret: true})}}},
    given: {m: {a: 'x'}}, kept: {m: {}}}};

for (const [name, {schema, given, kept}] of Object.entries(table))
  test(`secrets are in no draft: ${name}`, async () => {
    await mount({type: 'object', ...schema}, given);
    assert.deepEqual(await draft(), kept);
    // For people there is a placeholder.
    const shown = await page.evaluate(() => window.form.shown(() => '<…>'));
    assert.deepEqual(Object.keys(shown).sort(), Object.keys(given).sort());
    const without = JSON.parse(JSON.stringify(shown, (_, value) =>
      Array.isArray(value) ? value.filter(one => one !== '<…>')
        : value === '<…>' ? undefined : value));
    assert.deepEqual(without, kept);
    assert.equal(await check(), true);
  });

test('a field that is named like a secret does not show what is typed',
  async () => {
    await mount({type: 'object', properties: {password: text('Word'),
      token_url: text('Place'), accessKeyId: text('Id')}});
    for (const [label, type] of [['Word', 'password'], ['Place', 'text'],
      ['Id', 'text']])
      assert.equal(await field(label).getAttribute('type'), type);
  });

test('the names are those of the server', async () => {
  const source = readFileSync(new URL('../../schema/secrets/secret_words.cpp',
    import.meta.url), 'utf8');
  const listAfter = words => [...source.slice(source.indexOf(words))
    .split('{')[1].split('}')[0].matchAll(/"([^"]*)"/g)].map(([, one]) => one);
  const here = await page.evaluate(() => namesOfSecrets);
  for (const [name, words] of Object.entries({words: '> secret_words =',
    tails: 'std::string_view tail :', plain: '> plain_keys =',
    plainEnds: '> plain_ends =', settings: '> plain_settings ='})) {
    const there = listAfter(words);
    assert.ok(there.length > 5, words);
    assert.deepEqual(here[name].sort(), there.sort(), words);
  }
  // As tests/unit/schema/secrets have it.
  for (const [key, is] of Object.entries({api_key: true, apiKey: true,
    'API-Key': true, 'x.api.key': true, HTTPToken: true, auth0: false,
    password2: true, 'key1name': false, keys: false, key: true, tokens: true,
    user_id: false, secret_type: false, dbPassword: true, compass: false}))
    assert.equal(await page.evaluate(name => namesASecret(name), key), is, key);
});

test('the page never complained', () => {
  assert.deepEqual(complaints, []);
});
