// Reads JSON schemas as connectors write them: which kind of field a schema is,
// and which of its values are secret.

const secretName = new RegExp('passw|passphrase|secret|token|credential'
  + '|(api|private|access)_?key', 'i');
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

// The value with what is secret replaced: `replace(path)` gives the new value,
// undefined leaves it out. What the schema does not know is secret by its name.
function withoutSecrets(schema, value, replace, root = schema, path = []) {
  const known = resolved(schema, root);
  const parts = [known, ...variantsOf(known).map(one => resolved(one, root))];
  if (parts.some(isSecret) && value !== undefined && value !== null)
    return replace(path);
  if (Array.isArray(value)) {
    const items = parts.find(one => isObject(one.items))?.items || {};
    return value.map((one, i) =>
      withoutSecrets(items, one, replace, root, [...path, i]))
      .filter(one => one !== undefined);
  }
  if (!isObject(value))
    return value;
  const out = {};
  for (const [name, one] of Object.entries(value)) {
    const schemas = parts.map(part => member(part.properties, name))
      .filter(isObject);
    const place = [...path, name];
    let now = schemas.length === 0 && secretName.test(name) && !isObject(one)
      && !Array.isArray(one) ? replace(place) : one;
    for (const each of schemas.length > 0 ? schemas : [{}])
      if (now === one)
        now = withoutSecrets(each, one, replace, root, place);
      else if (isObject(now))
        now = withoutSecrets(each, now, replace, root, place);
    if (now !== undefined)
      out[name] = now;
  }
  return out;
}

function sameValue(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

// Which of the variants a value is of.
function variantOf(variants, value, root) {
  let best = -1;
  let most = -1;
  variants.forEach((variant, i) => {
    const schema = resolved(variant, root);
    let points = 0;
    if (Object.hasOwn(schema, 'const'))
      points = sameValue(schema.const, value) ? 100 : -100;
    const type = [schema.type].flat()[0];
    if (type === 'object' || schema.properties)
      points += isObject(value) ? 1 : -100;
    else if (type === 'array')
      points += Array.isArray(value) ? 1 : -100;
    else if (type)
      points += typeof value === (type === 'integer' ? 'number' : type)
        ? 1 : -100;
    for (const [name, one] of propertiesOf(schema)) {
      const given = member(value, name);
      const fixed = Object.hasOwn(one, 'const') ? [one.const]
        : Array.isArray(one.enum) && one.enum.length === 1 ? one.enum : null;
      if (fixed && given !== undefined)
        points += sameValue(fixed[0], given) ? 10 : -50;
      else if (given !== undefined)
        points += 1;
      else if (listOf(schema.required).includes(name))
        points -= 2;
    }
    if (points > most) {
      most = points;
      best = i;
    }
  });
  return best;
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
