// Forms from JSON schemas: a table of schemas, each filled in by a person's
// means and read, and given a value and read again.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, readdirSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {after, before, test} from 'node:test';
import {begin, check, draft, end, field, login, mount, page, problems,
  testWhatIsGivenBack, value} from './mounted_form.mjs';
import {axeFinds, complaints, picture} from './support.mjs';

before(begin);
after(end);

// {schema, given: a value that comes back as it is, and its draft}
const table = {
  'plain values': {
    schema: {type: 'object', properties: {a: {type: 'string'},
      n: {type: 'number'}, i: {type: 'integer'}, b: {type: 'boolean'}}},
    given: {a: 'x', n: 1.5, i: 7, b: false}},
  'a type with null': {
    schema: {type: 'object', properties: {a: {type: ['null', 'string']},
      i: {type: ['integer', 'null']}}},
    given: {a: 'x', i: 3}},
  'an enum of numbers': {
    schema: {type: 'object', properties: {e: {enum: [1, 2, 3]}}},
    given: {e: 2}},
  'objects in objects': {
    schema: {type: 'object', properties: {o: {type: 'object', properties: {
      p: {type: 'object', properties: {q: {type: 'string'}}}}}}},
    given: {o: {p: {q: 'deep'}}}},
  'a list of texts': {
    schema: {type: 'object', properties: {l: {type: 'array',
      items: {type: 'string'}}}},
    given: {l: ['a', 'b']}},
  'a list of ticks': {
    schema: {type: 'object', properties: {l: {type: 'array', uniqueItems: true,
      items: {enum: ['read', 'write', 'admin']}}}},
    given: {l: ['read', 'admin']}},
  'a list of objects': {
    schema: {type: 'object', properties: {l: {type: 'array', items: {
      type: 'object', required: ['name'], properties: {
        name: {type: 'string'}, token: {type: 'string',
          airbyte_secret: true}}}}}},
    given: {l: [{name: 'one', token: 't'}, {name: 'two'}]},
    draft: {l: [{name: 'one'}, {name: 'two'}]}},
  'lists in lists': {
    schema: {type: 'object', properties: {l: {type: 'array', items: {
      type: 'array', items: {type: 'integer'}}}}},
    given: {l: [[1, 2], [3]]}},
  'a choice by const': {
    schema: {type: 'object', required: ['login'], properties: {login}},
    given: {login: {kind: 'name', user: 'u', password: 'p'}},
    draft: {login: {kind: 'name', user: 'u'}}},
  'the other choice': {
    schema: {type: 'object', required: ['login'], properties: {login}},
    given: {login: {kind: 'key', key: 'k'}}, draft: {login: {kind: 'key'}}},
  'a choice of constants': {
    schema: {type: 'object', properties: {c: {oneOf: [
      {title: 'no', const: false}, {title: 'yes', const: true},
      {title: 'other', const: 'other'}]}}},
    given: {c: 'other'}},
  'a choice in a choice': {
    schema: {type: 'object', required: ['tunnel'], properties: {tunnel: {
      type: 'object', oneOf: [{title: 'None', required: ['m'], properties: {
        m: {const: 'none'}}}, {title: 'SSH', required: ['m', 'login'],
        properties: {m: {const: 'ssh'}, host: {type: 'string'}, login}}]}}},
    given: {tunnel: {m: 'ssh', host: 'h', login: {kind: 'key', key: 'k'}}},
    draft: {tunnel: {m: 'ssh', host: 'h', login: {kind: 'key'}}}},
  'anyOf of types': {
    schema: {type: 'object', properties: {v: {anyOf: [
      {title: 'text', type: 'string'}, {title: 'number', type: 'number'},
      {type: 'null'}]}}},
    given: {v: 4}},
  'references and allOf': {
    schema: {type: 'object', definitions: {name: {type: 'string', title: 'N'}},
      properties: {a: {$ref: '#/definitions/name'},
        b: {allOf: [{$ref: '#/definitions/name'}], title: 'B'}}},
    given: {a: 'x', b: 'y'}},
  'what has no form is JSON': {
    schema: {type: 'object', properties: {any: {}, map: {type: 'object',
      additionalProperties: {type: 'string'}}}},
    given: {any: [1, {a: null}], map: {x: 'y'}}},
  'members that the schema does not know': {
    schema: {type: 'object', properties: {a: {type: 'string'}}},
    given: {a: 'x', __injected: {page: 1}, client_secret: 's'},
    draft: {a: 'x', __injected: {page: 1}}},
  'texts that are HTML': {
    schema: {type: 'object', title: '<img src=x onerror=window.hacked=1>',
      properties: {a: {type: 'string', title: '<script>window.hacked=1</script>',
        description: '<img src=x onerror=window.hacked=1>',
        examples: ['<b>x</b>'], default: '<i>y</i>'}}},
    given: {a: '<img src=x onerror=window.hacked=1>'}},
  'nothing to set': {schema: {type: 'object', properties: {}}, given: {}},
  'no schema at all': {schema: null, given: {}}};

testWhatIsGivenBack(table);

test('order, defaults, examples and what is required', async () => {
  await mount({type: 'object', required: ['b', 'c'], properties: {
    a: {type: 'string', title: 'Last', order: 3},
    b: {type: 'integer', title: 'First', order: 0, default: 5432},
    c: {type: 'string', title: 'Second', order: 1, examples: ['x', 'y'],
      description: 'What it is.'},
    hidden: {type: 'string', airbyte_hidden: true, default: 'h'}}});
  assert.deepEqual(await page.locator('#main .field .label:visible').allTextContents(),
    ['First (required)', 'Second (required)', 'Last']);
  assert.deepEqual(await value(), {b: 5432});
  await page.getByText('What it is. For example x, y.').waitFor();
  assert.equal(await field('Second').getAttribute('placeholder'), 'x');
  assert.equal(await check(), false);
  assert.deepEqual(await problems(), ['This is required.']);
  // The keyboard is where it is wrong, which is told with the field.
  assert.equal(await field('Second').evaluate(
    one => one === document.activeElement), true);
  assert.equal(await field('Second').getAttribute('aria-invalid'), 'true');
  await field('Second').fill('x');
  assert.equal(await check(), true);
});

test('patterns, limits and kinds are checked', async () => {
  await mount({type: 'object', properties: {
    p: {type: 'string', title: 'Pattern', pattern: '^[0-9]{4}$',
      pattern_descriptor: 'YYYY'},
    bad: {type: 'string', title: 'Broken', pattern: '(?P<x>y'},
    i: {type: 'integer', title: 'Whole', minimum: 1, maximum: 10},
    s: {type: 'string', title: 'Short', minLength: 2, maxLength: 3},
    d: {type: 'string', title: 'Day', format: 'date'},
    u: {type: 'string', title: 'Address', format: 'uri'},
    l: {type: 'array', title: 'List', minItems: 2, items: {type: 'string'}}}});
  assert.equal(await check(), true);
  await field('Pattern').fill('12');
  await field('Broken').fill('anything');
  await field('Whole').fill('11');
  await field('Short').fill('x');
  await field('Day').fill('today');
  await field('Address').fill('example');
  await page.getByRole('button', {name: 'Add to List'}).click();
  await page.keyboard.type('one');
  assert.equal(await check(), false);
  assert.deepEqual(await problems(), ['It must look like YYYY.',
    'It must be 10 or less.', 'It must have at least 2 characters.',
    'It must be a date like 2026-01-31.',
    'It must be a whole address, beginning with https: or another scheme.']);
  await page.getByText('It needs at least 2 entries.').waitFor();
  await field('Pattern').fill('2026');
  assert.deepEqual((await problems()).length, 4);
});

test('an optional object needs nothing until it is begun', async () => {
  await mount({type: 'object', properties: {o: {type: 'object',
    title: 'Tunnel', required: ['host', 'port'], properties: {
      host: {type: 'string', title: 'Host'},
      port: {type: 'integer', title: 'Port'}}}}});
  assert.equal(await check(), true);
  assert.deepEqual(await value(), {});
  await field('Host').fill('h');
  assert.equal(await check(), false);
  await field('Port').fill('22');
  assert.deepEqual(await value(), {o: {host: 'h', port: 22}});
});

test('secrets are masked, kept as they are, and never in a draft', async () => {
  await mount({type: 'object', required: ['key'], properties: {
    key: {type: 'string', title: 'Key', airbyte_secret: true},
    pem: {type: 'string', title: 'Certificate', airbyte_secret: true,
      multiline: true}}}, {key: '***'});
  assert.equal(await field('Key').getAttribute('type'), 'password');
  assert.equal(await field('Key').inputValue(), '');
  assert.deepEqual(await value(), {key: '***'});
  assert.equal(await check(), true);
  await field('Key').fill('new');
  await field('Certificate').fill('-----BEGIN');
  assert.deepEqual(await value(), {key: 'new', pem: '-----BEGIN'});
  assert.deepEqual(await draft(), {});
  assert.deepEqual(await page.evaluate(() => window.form.shown(
    path => `<${path.at(-1)}>`)), {key: '<key>', pem: '<pem>'});
});

test('a choice shows its own fields, and lists grow and shrink', async () => {
  await mount({type: 'object', required: ['login'], properties: {login,
    l: {type: 'array', title: 'Hosts', items: {type: 'string', title: 'Host'}}}});
  await field('Key').waitFor();
  await page.getByRole('combobox', {name: 'Login'}).selectOption('By name');
  await field('User').fill('me');
  assert.equal(await page.getByLabel('Key').count(), 0);
  const add = page.getByRole('button', {name: 'Add to Hosts'});
  await add.click();
  await page.keyboard.type('one');
  await add.click();
  await page.keyboard.type('two');
  await page.getByRole('button', {name: 'Remove Hosts 1'}).click();
  assert.deepEqual(await value(),
    {login: {kind: 'name', user: 'me'}, l: ['two']});
});

test('JSON that is none is said', async () => {
  await mount({type: 'object', properties: {a: {type: 'string'}}}, {a: 'x'});
  await page.getByRole('button', {name: 'Edit as JSON'}).click();
  await page.getByLabel('The whole as JSON').fill('{');
  await page.getByRole('button', {name: 'Edit as a form'}).click();
  await page.getByText('It must be JSON.').waitFor();
  await page.getByLabel('The whole as JSON').fill('{"a": "z"}');
  await page.getByRole('button', {name: 'Edit as a form'}).click();
  assert.deepEqual(await value(), {a: 'z'});
});

test('the specs of real connectors', async context => {
  // Those that ./dev conformance has installed.
  const cache = resolve('.cache/conformance');
  const programs = (existsSync(cache) ? readdirSync(cache) : [])
    .filter(name => existsSync(join(cache, name, 'pins.txt')))
    .flatMap(name => readdirSync(join(cache, name, 'bin'))
      .filter(file => /^source-/.test(file))
      .map(file => join(cache, name, 'bin', file)));
  if (programs.length === 0) {
    context.skip('no connector of PyPI is installed: ./dev conformance does it');
    return;
  }
  for (const program of programs) {
    const said = execFileSync(program, ['spec'], {encoding: 'utf8'}).split('\n')
      .filter(line => line.startsWith('{')).map(line => JSON.parse(line))
      .find(message => message.type === 'SPEC');
    const schema = said.spec.connectionSpecification;
    await mount(schema);
    const wanted = Object.entries(schema.properties).filter(
      ([, one]) => !one.airbyte_hidden);
    for (const [name, one] of wanted)
      assert.ok(await page.evaluate(text => document.querySelector('#main')
        .textContent.includes(text), one.title ?? name), `${program} ${name}`);
    // Defaults are what the connector says, and come back. source-file says a
    // text where its schema wants an object.
    const given = await value();
    for (const [name, one] of wanted)
      if (one.default !== undefined
        && (one.type !== 'object' || typeof one.default === 'object'))
        assert.deepEqual(given[name], one.default, `${program} ${name}`);
    await mount(schema, given);
    assert.deepEqual(await value(), given);
    assert.deepEqual(await axeFinds(page), []);
    await picture(page, 'form-' + program.split('/').at(-1));
  }
});

test('YAML is written so that it is read as the same', async () => {
  const text = await page.evaluate(() => yamlText({a: 'x', b: ['yes', 'two words',
    1, null, true, ''], c: {d: {}, e: [], f: [{g: 'h: i', j: '- k'}]},
  s: '${A_B}', cron: '15 * * * *', multi: 'a\nb'}));
  assert.equal(text, ['a: x', 'b:', '  - "yes"', '  - two words', '  - 1',
    '  - null', '  - true', '  - ""', 'c:', '  d: {}', '  e: []', '  f:',
    '    - g: "h: i"', '      j: "- k"', 's: ${A_B}', 'cron: "15 * * * *"',
    'multi: "a\\nb"'].join('\n'));
});

test('the page never complained', () => {
  assert.deepEqual(complaints, []);
});
