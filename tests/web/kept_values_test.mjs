// What a form is given and cannot show comes back as it was, until something else
// is given in its place.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {begin, check, draft, end, field, login, mount, page,
  testWhatIsGivenBack, value} from './mounted_form.mjs';
import {axeFinds, complaints} from './support.mjs';

before(begin);
after(end);

// {schema, given: a value that comes back as it is, and its draft}
const table = {
  'texts with line breaks': {
    schema: {type: 'object', properties: {a: {type: 'string'}, l: {type: 'array',
      items: {type: 'string'}}, s: {type: 'string', airbyte_secret: true}}},
    given: {a: 'one\ntwo\r\nthree\r', l: ['\n', 'x\ny'], s: 'BEGIN\nEND\n'},
    draft: {a: 'one\ntwo\r\nthree\r', l: ['\n', 'x\ny']}},
  'numbers and booleans that are given as texts': {
    schema: {type: 'object', required: ['b'], properties: {n: {type: 'number'},
      i: {type: 'integer'}, b: {type: 'boolean'}, c: {type: 'boolean'}}},
    given: {n: '1.5', i: '007', b: 'true', c: 'no'}},
  'values that are not listed': {
    schema: {type: 'object', required: ['e'], properties: {e: {enum: ['a', 'b']},
      f: {enum: [1, 2]}, l: {type: 'array', items: {enum: ['a', 'b']}}}},
    given: {e: 'c', f: '1', l: ['d', 'b', {x: 1}, 'd']}},
  'what is empty': {
    schema: {type: 'object', required: ['r', 't'], properties: {
      a: {type: 'string'}, l: {type: 'array', items: {type: 'string'}},
      m: {type: 'array', minItems: 2, items: {type: 'string'}},
      e: {type: 'array', items: {enum: ['a']}}, r: {type: 'array', items:
        {type: 'integer'}}, o: {type: 'object', properties: {x: {type:
        'string'}}}, t: {type: 'array', items: {type: 'string'}}}},
    given: {a: '', l: [], m: [], e: [], r: [], o: {}, t: ['', '']}},
  'null wherever it may stand': {
    schema: {type: 'object', properties: {a: {type: ['string', 'null']},
      n: {type: 'number'}, b: {type: 'boolean'}, e: {enum: ['a', null]},
      l: {type: 'array', items: {type: 'string'}}, o: {type: 'object',
        required: ['x'], properties: {x: {type: 'string'}}}, login}},
    given: {a: null, n: null, b: null, e: null, l: null, o: null, login: null}},
  'values of another kind': {
    schema: {type: 'object', properties: {a: {type: 'string'},
      b: {type: 'string'}, n: {type: 'number'}, t: {type: 'boolean'},
      l: {type: 'array', items: {type: 'string'}}, o: {type: 'object',
        properties: {x: {type: 'string'}}}, k: {const: 'one'},
      m: {type: 'array', items: {type: 'integer'}}}},
    given: {a: {deep: [1]}, b: true, n: [1], t: 1, l: 'text', o: 'text',
      k: 'another', m: [1, 'two', {three: 3}]}},
  'a text that is a number': {
    schema: {type: 'object', properties: {a: {type: 'string'}}},
    given: {a: 5432}},
  'a choice that is none of its constants': {
    schema: {type: 'object', properties: {c: {oneOf: [{const: false},
      {const: 'x'}]}}},
    given: {c: 'y'}},
  'members in their own order': {
    schema: {type: 'object', properties: {l: {type: 'array', items: {
      type: 'object', properties: {a: {type: 'string'}, b: {type: 'string'}}}}}},
    given: {l: [{b: '1', other: 2, a: '3'}]}}};

testWhatIsGivenBack(table);

test('what is hidden stays in a field of any kind until another is given',
  async () => {
    const one = {title: 'One', airbyte_secret: true};
    const kinds = {
      text: [{type: 'string'}, 'x', () => field('One').fill('x')],
      number: [{type: 'integer'}, 7, () => field('One').fill('7')],
      boolean: [{type: 'boolean'}, true, () => field('One').check()],
      enum: [{enum: ['a', 'b']}, 'b', () => field('One').selectOption('b')],
      json: [{}, [1], () => field('One').fill('[1]')],
      'a choice': [{oneOf: [{title: 'text', type: 'string'}]}, 'x', () =>
        page.locator('#main input').fill('x')],
      'a choice of constants': [{oneOf: [{const: 'a'}, {const: 'b'}]}, 'a', () =>
        field('One').fill('"a"')]};
    for (const [name, [schema, typed, type]] of Object.entries(kinds))
      for (const required of [[], ['one']]) {
        await mount({type: 'object', required, properties: {
          one: {...one, ...schema}}}, {one: '***'});
        assert.deepEqual(await value(), {one: '***'}, name);
        assert.equal(await check(), true, name);
        assert.deepEqual(await draft(), {one: '***'}, name);
        const words = 'stays as it is';
        assert.ok(await page.evaluate(text => [...document.querySelectorAll(
          '#main :is(input, textarea)')].some(each => each.placeholder === text)
          || document.querySelector('#main').innerText.includes(text), words),
        name);
        assert.deepEqual(await axeFinds(page), []);
        await type();
        assert.deepEqual(await value(), {one: typed}, name);
      }
  });

test('what a form cannot show stays while something else is changed',
  async () => {
    await mount({type: 'object', properties: {
      text: {type: 'string', title: 'Text'}, n: {type: 'integer', title: 'Port'},
      ticks: {type: 'array', title: 'Ticks', items: {enum: ['a', 'b', 'c']}},
      one: {title: 'One', enum: ['x', 'y']},
      list: {type: 'array', title: 'Hosts', items: {type: 'string'}},
      last: {type: 'string', title: 'Last'}}}, {text: 'a\nb', n: '22',
      ticks: ['c', 'z', 'a'], one: 'old', list: ['h'], last: 'l'});
    await field('Last').fill('m');
    assert.deepEqual(await value(), {text: 'a\nb', n: '22',
      ticks: ['c', 'z', 'a'], one: 'old', list: ['h'], last: 'm'});
    // A text of several lines is edited as such, what does not fit as JSON.
    assert.equal(await field('Text').inputValue(), 'a\nb');
    await field('Text').fill('a\nc');
    await page.getByText('stands as JSON').waitFor();
    assert.equal(await field('Port').inputValue(), '"22"');
    await field('Port').fill('23');
    await page.getByLabel('a', {exact: true}).uncheck();
    await page.getByLabel('b', {exact: true}).check();
    await page.getByRole('button', {name: 'Remove Hosts 1'}).click();
    assert.deepEqual(await value(), {text: 'a\nc', n: 23,
      ticks: ['c', 'z', 'b'], one: 'old', list: [], last: 'm'});
    await page.getByLabel('z', {exact: true}).uncheck();
    await field('One').selectOption('y');
    await field('Last').fill('');
    assert.deepEqual(await value(), {text: 'a\nc', n: 23, ticks: ['c', 'b'],
      one: 'y', list: []});
  });

test('a value of none of the forms of a choice is kept, and edited as JSON',
  async () => {
    const given = {login: {kind: 'third', user: 'u', deep: [{}]}};
    await mount({type: 'object', required: ['login'], properties: {login}}, given);
    assert.deepEqual(await value(), given);
    assert.equal(await check(), true);
    await field('Login').fill('{"kind": "name", "user": "x"}');
    assert.deepEqual(await value(), {login: {kind: 'name', user: 'x'}});
    // It fits now.
    await page.getByRole('button', {name: 'Edit as JSON'}).click();
    await page.getByRole('button', {name: 'Edit as a form'}).click();
    assert.equal(await field('User').inputValue(), 'x');
  });

test('the page never complained', () => {
  assert.deepEqual(complaints, []);
});
