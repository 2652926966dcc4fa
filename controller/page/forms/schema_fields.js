// The fields of a form that hold a single value. Each has `element`, `get()`
// (undefined: nothing was given), `set(value)` and `check(path)`, which shows
// what is wrong and gives it as [{path, text, control}].
//
// A value that was set comes back as it was, also a part of it that the field
// cannot show, until something else stands in the field than did then.

// What stands in a field in place of a value that is hidden.
const keptWords = 'stays as it is';

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
    this.listen(control.tagName === 'SELECT' || isBox ? 'change' : 'input');
    return this.element;
  }

  listen(event) {
    this.control.addEventListener(event, () => {
      this.tell('');
      this.form.changed();
    });
  }

  set(value) {
    this.given = value;
    this.show(value);
    this.before = this.read();
  }

  get() {
    const now = this.read();
    return this.given !== undefined && sameValue(now, this.before)
      ? this.given : now;
  }

  // Whether the field can edit a value.
  fits(value) {
    return value === undefined || value === null || value === hiddenSecret
      || this.isOfKind(value);
  }

  isOfKind() {
    return true;
  }

  // Says in an empty control that what is hidden stays, or gives the example.
  tellKept(value) {
    this.example ??= this.control.placeholder;
    this.control.placeholder = value === hiddenSecret ? keptWords
      : this.example;
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
    this.secret = isSecret(schema) || namesASecret(this.name)
      && !namesASetting(this.name);
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
      this.show(schema.default);
  }

  read() {
    const {value} = this.control;
    if (value === '')
      return undefined;
    const types = [this.schema.type].flat();
    if (!types.includes('string') && types.length > 1 && !isNaN(Number(value)))
      return Number(value);
    return value;
  }

  isOfKind(value) {
    return typeof value === 'string' || typeof value === 'number';
  }

  show(value) {
    if (/[\r\n]/.test(textOf(value)))
      this.widen();
    this.tellKept(value);
    this.control.value = value === hiddenSecret ? '' : textOf(value);
  }

  // An input would take the line breaks out of a text.
  widen() {
    if (this.control.tagName === 'TEXTAREA')
      return;
    const area = make('textarea', {rows: '4', class: this.secret ? 'secret' : ''});
    for (const {name, value} of this.control.attributes)
      if (name !== 'type')
        setAttribute(area, name, value);
    this.control.replaceWith(area);
    this.control = area;
    this.listen('input');
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
      this.show(schema.default);
  }

  read() {
    if (this.control.validity.badInput)
      throw new Error('It must be a number.');
    return this.control.value === '' ? undefined : Number(this.control.value);
  }

  isOfKind(value) {
    return typeof value === 'number';
  }

  show(value) {
    this.tellKept(value);
    this.control.value = Number.isFinite(value) ? String(value) : '';
  }
}

class BooleanField extends Field {
  constructor(...of) {
    super(...of);
    this.wrap(make('input', {type: 'checkbox'}), true);
    this.kept = make('span', {class: 'soft small', hidden: true},
      ` (${keptWords})`);
    this.control.parentElement.append(this.kept);
    this.control.addEventListener('change', () => {
      this.kept.hidden = true;
    });
    this.show(this.schema.default);
  }

  read() {
    // What is not touched and has no default is left out.
    return !this.control.indeterminate
      && (this.control.checked || this.known || this.isRequired)
      ? this.control.checked : undefined;
  }

  isOfKind(value) {
    return typeof value === 'boolean';
  }

  show(value) {
    const isKept = value === hiddenSecret;
    this.kept.hidden = !isKept;
    this.control.indeterminate = isKept;
    this.known = isKept || typeof value === 'boolean';
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
    this.control.value = this.placeOf(this.schema.default);
  }

  placeOf(value) {
    const at = this.values.findIndex(one => sameValue(one, value));
    return at < 0 ? '' : String(at);
  }

  read() {
    const {value} = this.control;
    return value === '' ? undefined : value === 'given' ? this.given
      : this.values[Number(value)];
  }

  // What is hidden or not listed can be chosen as well, as long as it is given.
  show(value) {
    this.other?.remove();
    let place = this.placeOf(value);
    if (place === '' && value !== undefined && value !== null) {
      place = 'given';
      this.other = make('option', {value: place}, value === hiddenSecret
        ? keptWords : typeof value === 'string' ? value : JSON.stringify(value));
      this.control.append(this.other);
    }
    this.control.value = place;
  }
}

// Says something that cannot be changed; it takes no room.
class ConstField extends Field {
  constructor(...of) {
    super(...of);
    this.element = make('div', {hidden: true});
    this.isConst = true;
  }

  read() {
    return this.schema.const;
  }

  isOfKind(value) {
    return sameValue(this.schema.const, value);
  }

  show() {}

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
      this.show(this.schema.default);
  }

  read() {
    const text = this.control.value.trim();
    if (text === '')
      return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new Error('It must be JSON.');
    }
  }

  show(value) {
    this.tellKept(value);
    this.control.value = value === undefined || value === hiddenSecret ? ''
      : JSON.stringify(value, null, 2);
  }
}

// A field whose value may be of another kind than its schema tells: such a one
// is edited as JSON.
class FittedField {
  constructor(kind, ...of) {
    this.of = of;
    this.own = this.now = new kind(...of);
  }

  get element() {
    return this.now.element;
  }

  get control() {
    return this.now.control;
  }

  get isConst() {
    return this.now.isConst;
  }

  asJson() {
    const [form, schema, ...rest] = this.of;
    return new JsonField(form, {...schema, default: undefined,
      title: this.own.title, description: `${textOf(schema.description)} What is `
        + 'set here is not as the connector describes it, and stands as JSON.'},
    ...rest);
  }

  set(value) {
    const fits = this.own.fits(value);
    if (!fits)
      this.json ||= this.asJson();
    const next = fits ? this.own : this.json;
    if (next !== this.now) {
      this.now.element.replaceWith(next.element);
      this.now = next;
    }
    next.set(value);
  }

  get() {
    return this.now.get();
  }

  inner(key) {
    return this.now.inner(key);
  }

  tell(text) {
    this.now.tell(text);
  }

  check(path) {
    return this.now.check(path);
  }
}
