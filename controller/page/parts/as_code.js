// The same as a command or a file: what a page sends can be sent without it.

const shellWord = text => "'" + text.replace(/'/g, "'\\''") + "'";

// A command for curl. `headers` are pairs.
function curlText(method, path, {query = {}, body, headers = []} = {}) {
  const out = [`curl --fail-with-body -X ${method} `
    + shellWord(location.origin + path + queryText(query)),
  '  -H "Authorization: Bearer $SYNCCTL_TOKEN"'];
  for (const [name, value] of headers)
    out.push('  -H ' + shellWord(`${name}: ${value}`));
  if (body === undefined)
    return out.join(' \\\n');
  out.push("  --json @- <<'JSON'");
  return out.join(' \\\n') + '\n' + JSON.stringify(body, null, 2) + '\nJSON';
}

// A scalar, in quotes where YAML would take it for something else.
function yamlScalar(value) {
  if (typeof value !== 'string')
    return JSON.stringify(value);
  const plain = /^[A-Za-z_/$][A-Za-z0-9_./${}@+-]*( [A-Za-z0-9_./@+-]+)*$/;
  const special = /^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i;
  return plain.test(value) && !special.test(value) ? value
    : JSON.stringify(value);
}

function yamlText(value, indent = '') {
  if (Array.isArray(value) && value.length > 0)
    return value.map(one => {
      const inner = yamlText(one, indent + '  ');
      return `${indent}- ${isNested(one) ? inner.trimStart() : inner}`;
    }).join('\n');
  if (isObject(value) && Object.keys(value).length > 0)
    return Object.entries(value).map(([name, one]) => {
      const key = `${indent}${yamlScalar(name)}:`;
      return isNested(one) ? `${key}\n${yamlText(one, indent + '  ')}`
        : `${key} ${yamlText(one)}`;
    }).join('\n');
  return yamlScalar(value);
}

const isNested = value => typeof value === 'object' && value !== null
  && Object.keys(value).length > 0;

// The name of a secret's place, as an environment variable.
const variableOf = (prefix, path) => [prefix, ...path].join('_')
  .replace(/[^A-Za-z0-9]+/g, '_').replace(/^_+|_+$/g, '').toUpperCase();

// Shows texts that are made when somebody looks: `parts` are [name, make].
class CodeBox {
  constructor(summary, parts) {
    this.parts = parts.map(([name, write]) => {
      const text = make('pre', {tabindex: '0', 'aria-label': name});
      const copy = button('Copy', () => copyText(text.textContent, copy),
        {class: 'small', 'aria-label': `Copy ${name}`});
      return {write, text, element: make('div', {},
        make('div', {class: 'row apart'}, make('b', {class: 'small'}, name),
          copy), text)};
    });
    this.element = make('details', {class: 'code', toggle: () => this.update()},
      make('summary', {}, summary), this.parts.map(one => one.element));
  }

  update() {
    if (!this.element.open)
      return;
    for (const {write, text} of this.parts) {
      let words;
      try {
        words = write();
      } catch (error) {
        words = wordsOf(error);
      }
      setText(text, words);
    }
  }
}
