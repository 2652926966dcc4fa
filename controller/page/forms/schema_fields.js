// The fields of a form that hold a single value. Each has `element`, `get()`
// (undefined: nothing was given), `set(value)` and `check(isRequired)`, which
// shows what is wrong and gives it as [{path, text, control}].

class Field {
  constructor(form, schema, name, isRequired) {
    this.form = form;
    this.schema = schema;
    this.name = name;
    this.isRequired = isRequired;
    this.title = textOf(schema.title) || name;
    this.fault = make('p', {class: 'problem small', id: newName()});
  }

  // Puts a label, the description and a place for faults around a control.
  wrap(control, isBox = false) {
    this.control = control;
    const id = newName();
    control.id = id;
    control.name = 'field-' + this.name;
    const hint = this.hint();
    const note = hint && make('p', {class: 'soft small value', id: newName()},
      hint);
    setAttribute(control, 'aria-describedby',
      [note?.id, this.fault.id].filter(Boolean).join(' '));
    if (!isBox)
      setAttribute(control, 'aria-required', this.isRequired ? 'true' : null);
    const words = make('span', {class: isBox ? 'value' : 'label value'},
      this.title, this.isRequired && !isBox
        ? make('span', {}, ' (required)') : null);
    const label = isBox
      ? make('label', {class: 'check', for: id}, control, words)
      : make('label', {for: id}, words, control);
    this.element = make('div', {class: 'field'}, label, note, this.fault);
    control.addEventListener(control.tagName === 'SELECT' || isBox ? 'change'
      : 'input', () => {
      this.tell('');
      this.form.changed();
    });
    return this.element;
  }

  hint() {
    const examples = listOf(this.schema.examples).slice(0, 3).map(textOf)
      .filter(Boolean).join(', ');
    return [plainWords(this.schema.description), examples
      && `For example ${examples}.`].filter(Boolean).join(' ');
  }

  tell(text) {
    setText(this.fault, text);
    setAttribute(this.control, 'aria-invalid', text ? 'true' : null);
  }

  // The field of a member or an element; undefined: it has none.
  inner() {
    return undefined;
  }

  check(path) {
    let value;
    let text = '';
    try {
      value = this.get();
    } catch (error) {
      text = error.message;
    }
    text ||= value === undefined
      ? this.isRequired ? 'This is required.' : ''
      : value === hiddenSecret ? '' : faultOf(this.schema, value);
    this.tell(text);
    return text ? [{path, text, control: this.control, title: this.title}] : [];
  }
}

// Descriptions come with HTML and Markdown of links: what can be read stays.
function plainWords(text) {
  return textOf(text).replace(/<\/?[a-z][^>]*>/gi, ' ')
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, '$1 ($2)').replace(/\s+/g, ' ').trim();
}

class TextField extends Field {
  constructor(...of) {
    super(...of);
    const {schema} = this;
    this.secret = isSecret(schema);
    const attributes = {spellcheck: 'false', autocomplete: 'off'};
    if (this.secret || schema.multiline)
      attributes.class = this.secret ? 'secret' : '';
    const example = listOf(schema.examples)[0];
    if (example !== undefined && !this.secret)
      attributes.placeholder = textOf(example).slice(0, 200);
    const input = schema.multiline
      ? make('textarea', {...attributes, rows: '4'})
      : make('input', {...attributes, type: this.secret ? 'password' : 'text',
        autocomplete: this.secret ? 'new-password' : 'off'});
    this.wrap(input);
    if (schema.default !== undefined)
      this.set(schema.default);
  }

  get() {
    const {value} = this.control;
    if (value === '')
      return this.kept ? hiddenSecret : undefined;
    const types = [this.schema.type].flat();
    if (!types.includes('string') && types.length > 1 && !isNaN(Number(value)))
      return Number(value);
    return value;
  }

  set(value) {
    this.kept = value === hiddenSecret;
    this.control.value = this.kept ? '' : textOf(value);
    if (this.kept)
      this.control.placeholder = 'stays as it is';
  }
}

class NumberField extends Field {
  constructor(...of) {
    super(...of);
    const {schema} = this;
    this.wrap(make('input', {type: 'number', autocomplete: 'off',
      step: [schema.type].flat().includes('integer') ? '1' : 'any',
      placeholder: listOf(schema.examples)[0] ?? null}));
    if (schema.default !== undefined)
      this.set(schema.default);
  }

  get() {
    if (this.control.validity.badInput)
      throw new Error('It must be a number.');
    return this.control.value === '' ? undefined : Number(this.control.value);
  }

  set(value) {
    this.control.value = Number.isFinite(value) ? String(value) : '';
  }
}

class BooleanField extends Field {
  constructor(...of) {
    super(...of);
    this.wrap(make('input', {type: 'checkbox'}), true);
    this.set(this.schema.default);
  }

  get() {
    // What is not touched and has no default is left out.
    return this.control.checked || this.known || this.isRequired
      ? this.control.checked : undefined;
  }

  set(value) {
    this.known = typeof value === 'boolean';
    this.control.checked = value === true;
  }
}

class EnumField extends Field {
  constructor(...of) {
    super(...of);
    this.values = listOf(this.schema.enum).filter(value => value !== null);
    const pairs = this.values.map((value, i) => [String(i), textOf(value)]);
    if (!this.isRequired || this.schema.default === undefined)
      pairs.unshift(['', this.isRequired ? 'Choose …' : '–']);
    this.wrap(choice(pairs));
    this.set(this.schema.default);
  }

  get() {
    return this.control.value === '' ? undefined
      : this.values[Number(this.control.value)];
  }

  set(value) {
    const at = this.values.findIndex(one => sameValue(one, value));
    this.control.value = at < 0 ? '' : String(at);
  }
}

// Says something that cannot be changed; it takes no room.
class ConstField extends Field {
  constructor(...of) {
    super(...of);
    this.element = make('div', {hidden: true});
  }

  get() {
    return this.schema.const;
  }

  set() {}

  check() {
    return [];
  }
}

// Whatever no field is for: as JSON.
class JsonField extends Field {
  constructor(...of) {
    super(...of);
    this.wrap(make('textarea', {spellcheck: 'false', autocomplete: 'off',
      class: isSecret(this.schema) ? 'secret' : '', rows: '4',
      placeholder: 'JSON'}));
    if (this.schema.default !== undefined)
      this.set(this.schema.default);
  }

  get() {
    const text = this.control.value.trim();
    if (text === '')
      return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new Error('It must be JSON.');
    }
  }

  set(value) {
    this.control.value = value === undefined ? ''
      : JSON.stringify(value, null, 2);
  }
}
