// Reads JSON schemas as connectors write them: which kind of field a schema is,
// and which of its values are secret.

const hiddenSecret = '***';

// A schema with its `$ref` and `allOf` put in place. `root` holds definitions.
function resolved(schema, root, depth = 0) {
  if (!isObject(schema) || depth > 20)
    return {};
  let out = schema;
  if (typeof schema.$ref === 'string' && schema.$ref.startsWith('#/')) {
    let found = root;
    for (const part of schema.$ref.slice(2).split('/'))
      found = member(found, part.replace(/~1/g, '/').replace(/~0/g, '~'));
    const {$ref, ...rest} = schema;
    out = {...resolved(found, root, depth + 1), ...rest};
  }
  if (Array.isArray(out.allOf)) {
    const {allOf, ...rest} = out;
    for (const part of [...allOf.map(one => resolved(one, root, depth + 1))])
      out = {...part, ...rest,
        properties: {...member(part, 'properties'), ...rest.properties},
        required: [...new Set([...listOf(part.required),
          ...listOf(rest.required)])]};
    delete out.allOf;
  }
  return out;
}

// Its variants, null standing for nothing left out.
const variantsOf = schema => listOf(schema.oneOf || schema.anyOf).filter(
  one => !isObject(one) || one.type !== 'null');

// string, number, integer, boolean, array, object, const, enum, choice or json.
function kindOf(schema) {
  if (Object.hasOwn(schema, 'const'))
    return 'const';
  if (variantsOf(schema).length > 0)
    return 'choice';
  if (Array.isArray(schema.enum))
    return 'enum';
  const types = [schema.type].flat().filter(type => type && type !== 'null');
  if (types.length === 1) {
    const [type] = types;
    if (type === 'object')
      return isObject(schema.properties) ? 'object' : 'json';
    if (type === 'array')
      return isObject(schema.items) ? 'array' : 'json';
    return ['string', 'number', 'integer', 'boolean'].includes(type) ? type
      : 'json';
  }
  if (types.length === 0 && isObject(schema.properties))
    return 'object';
  return types.length > 1 && types.every(type =>
    ['string', 'number', 'integer'].includes(type)) ? 'string' : 'json';
}

const isSecret = schema => isObject(schema) && schema.airbyte_secret === true;

// The properties in the order that the connector wants them.
function propertiesOf(schema) {
  const place = ([, one], i) => Number.isFinite(member(one, 'order'))
    ? one.order : 1e6 + i;
  return Object.entries(member(schema, 'properties') || {})
    .map((entry, i) => [place(entry, i), entry]).sort((a, b) => a[0] - b[0])
    .map(([, entry]) => entry).filter(([, one]) => isObject(one));
}

// Whether all that a value holds of secrets is hidden.
const isHidden = value => value === hiddenSecret || typeof value === 'boolean'
  || value === null || value === '' || typeof value === 'object'
  && Object.values(value).every(isHidden);

// The value with what is secret replaced: `replace(path, value)` gives the new
// value, undefined leaves it out. Secret is what the schema marks, what a name
// tells of, its own or one above it, and a text with a secret in it; never what
// the schema itself tells.
function withoutSecrets(schema, value, replace) {
  return stripped([schema], value, {root: schema, replace}, [], false);
}

// The same of a part, which may be of any of the schemas. `isNamed`: a name tells
// that it is secret.
function stripped(schemas, value, of, path, isNamed) {
  const parts = schemas.map(one => resolved(one, of.root)).flatMap(
    one => [one, ...variantsOf(one).map(each => resolved(each, of.root))]);
  if (value === undefined || value === null
    || parts.some(one => isAmong(fixedOf(one), value)))
    return value;
  if (parts.some(isSecret))
    return of.replace(path, value);
  if (Array.isArray(value))
    return value.map((one, i) => stripped(parts.map(part => part.items)
      .filter(isObject), one, of, [...path, i], isNamed))
      .filter(one => one !== undefined);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name,
      stripped(parts.map(part => member(part.properties, name)
        ?? part.additionalProperties).filter(isObject), one, of, [...path, name],
      isNamedIn(value, name, isNamed))]).filter(([, one]) => one !== undefined));
  const isTold = parts.some(one => isAmong(listOf(one.enum), value));
  return typeof value === 'number' && isNamed && !isTold
    || typeof value === 'string' && value !== '' && !isTold
      && (isNamed || holdsASecret(value)) ? of.replace(path, value) : value;
}

function sameValue(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

const isAmong = (values, value) => values.some(one => sameValue(one, value));

// The one value that a schema allows, in a list; an empty one: it allows more.
const fixedOf = schema => Object.hasOwn(schema, 'const') ? [schema.const]
  : listOf(schema.enum).length === 1 ? schema.enum : [];

// Which of the variants a value is of; -1: of none.
function variantOf(variants, value, root) {
  let best = -1;
  let most = -Infinity;
  variants.forEach((variant, i) => {
    const points = pointsOf(resolved(variant, root), value);
    if (points > most) {
      most = points;
      best = i;
    }
  });
  return best;
}

// How well a value fits a variant; -Infinity: it is of another. What is hidden
// fits wherever a single value would.
function pointsOf(schema, value) {
  // Whether a constant is the one that is hidden nobody knows.
  if (Object.hasOwn(schema, 'const'))
    return sameValue(schema.const, value) ? 100 : -Infinity;
  if (Array.isArray(schema.enum) && value !== hiddenSecret
    && !isAmong(schema.enum, value))
    return -Infinity;
  const types = schema.type ? [schema.type].flat()
    : schema.properties ? ['object'] : [];
  if (types.length > 0 && !types.some(type => isOfType(type, value)))
    return -Infinity;
  let points = types.length > 0 ? 1 : 0;
  for (const [name, one] of propertiesOf(schema)) {
    const given = member(value, name);
    const fixed = fixedOf(one);
    if (given === undefined)
      points -= listOf(schema.required).includes(name) ? 2 : 0;
    else if (fixed.length === 0 || given === hiddenSecret)
      points += 1;
    else if (sameValue(fixed[0], given))
      points += 10;
    else
      return -Infinity;
  }
  return points;
}

function isOfType(type, value) {
  return type === 'object' ? isObject(value)
    : type === 'array' ? Array.isArray(value)
      : type === 'null' ? value === null : value === hiddenSecret
        || typeof value === (type === 'integer' ? 'number' : type);
}

// Why a single value does not fit its schema; '' if it does.
function faultOf(schema, value) {
  if (typeof value === 'string') {
    const length = [...value].length;
    if (schema.minLength > length)
      return `It must have at least ${plural(schema.minLength, 'character')}.`;
    if (Number.isFinite(schema.maxLength) && length > schema.maxLength)
      return `It must have at most ${plural(schema.maxLength, 'character')}.`;
    if (typeof schema.pattern === 'string' && !fitsPattern(schema.pattern, value))
      return `It must look like ${textOf(schema.pattern_descriptor
        || listOf(schema.examples)[0] || schema.pattern)}.`;
    if (schema.format === 'uri' && !/^[a-z][a-z0-9+.-]*:./i.test(value))
      return 'It must be a whole address, beginning with https: or another scheme.';
    if (schema.format === 'date' && !/^\d{4}-\d{2}-\d{2}$/.test(value))
      return 'It must be a date like 2026-01-31.';
    if (schema.format === 'date-time' && isNaN(Date.parse(value)))
      return 'It must be a time like 2026-01-31T00:00:00Z.';
  }
  if (typeof value === 'number') {
    if ([schema.type].flat()[0] === 'integer' && !Number.isInteger(value))
      return 'It must be a whole number.';
    if (value < schema.minimum)
      return `It must be ${schema.minimum} or more.`;
    if (value > schema.maximum)
      return `It must be ${schema.maximum} or less.`;
  }
  return '';
}

function fitsPattern(pattern, value) {
  for (const flags of ['u', ''])
    try {
      return new RegExp(pattern, flags).test(value);
    } catch {
      // Not every dialect of patterns is known here: the connector checks it.
    }
  return true;
}
