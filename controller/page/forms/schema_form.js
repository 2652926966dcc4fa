// A form from a JSON schema, as connectors give it for their config. Fields that
// hold others: objects, choices of several forms, and lists.

class ObjectField extends Field {
  constructor(form, schema, name, isRequired, isRoot = false) {
    super(form, schema, name, isRequired);
    this.fields = [];
    const required = listOf(schema.required);
    const body = make('div', {class: 'form'});
    for (const [key, one] of propertiesOf(schema)) {
      if (one.airbyte_hidden === true)
        continue;
      const field = makeField(form, one, key, required.includes(key));
      this.fields.push([key, field]);
      body.append(field.element);
    }
    this.element = isRoot ? body : make('fieldset', {},
      make('legend', {class: 'value'}, this.title), this.description(), body);
    // Members that have no field are kept as they were.
    this.rest = {};
  }

  description() {
    const hint = this.hint();
    return hint && make('p', {class: 'soft small value'}, hint);
  }

  read() {
    const members = new Map(Object.entries(this.rest));
    let isGiven = members.size > 0;
    for (const [key, field] of this.fields) {
      const value = field.get();
      if (value === undefined)
        continue;
      members.set(key, value);
      isGiven ||= !field.isConst;
    }
    if (!isGiven && !this.isRequired)
      return undefined;
    // In the order that they were given in: an element of a list keeps its
    // secrets only if the rest of it is unchanged.
    const places = new Map(Object.keys(isObject(this.given) ? this.given : {})
      .map((key, i) => [key, i]));
    const placeOf = ([key]) => places.get(key) ?? places.size;
    return Object.fromEntries([...members].sort(
      (one, other) => placeOf(one) - placeOf(other)));
  }

  fits(value) {
    return value === undefined || value === null || isObject(value);
  }

  show(value) {
    const given = isObject(value) ? value : {};
    const known = new Set(this.fields.map(([key]) => key));
    this.rest = Object.fromEntries(Object.entries(given).filter(
      ([key]) => !known.has(key)));
    for (const [key, field] of this.fields)
      field.set(member(given, key));
  }

  inner(key) {
    return this.fields.find(([name]) => name === key)?.[1];
  }

  check(path) {
    // What is left out altogether needs nothing.
    if (!this.isRequired && this.isEmpty())
      return [];
    return this.fields.flatMap(([key, field]) => field.check([...path, key]));
  }

  isEmpty() {
    try {
      return (this.get() ?? undefined) === undefined;
    } catch {
      return false;
    }
  }
}

// One of several forms, e.g. ways to log in.
class ChoiceField extends Field {
  constructor(...of) {
    super(...of);
    this.variants = variantsOf(this.schema);
    this.made = new Map();
    const pairs = this.variants.map((one, i) => {
      const schema = resolved(one, this.form.schema);
      return [String(i), textOf(schema.title) || this.constOf(schema)
        || `Form ${i + 1}`];
    });
    if (!this.isRequired)
      pairs.unshift(['', '–']);
    this.select = choice(pairs);
    this.box = make('div', {class: 'form'});
    const inner = this.wrap(this.select);
    // Between constants it is a single field.
    if (!this.variants.every(one =>
      kindOf(resolved(one, this.form.schema)) === 'const')) {
      this.element = make('fieldset', {},
        make('legend', {class: 'value'}, this.title), inner, this.box);
      inner.querySelector('.label').textContent = 'Which';
      this.select.setAttribute('aria-label', this.title);
    }
    this.select.addEventListener('change', () => this.showForm());
    const start = this.schema.default;
    if (start !== undefined)
      this.show(start);
    else if (this.isRequired)
      this.select.value = '0';
    this.showForm();
  }

  constOf(schema) {
    for (const [, one] of propertiesOf(schema))
      if (Object.hasOwn(one, 'const'))
        return textOf(one.const);
    return '';
  }

  hint() {
    return plainWords(this.schema.description);
  }

  // Its fields are made when they are wanted.
  field() {
    const i = this.select.value;
    if (i === '')
      return null;
    if (!this.made.has(i)) {
      const variant = resolved(this.variants[Number(i)], this.form.schema);
      const field = kindOf(variant) === 'object'
        ? new ObjectField(this.form, variant, this.name, true, true)
        : makeField(this.form, variant, this.name, true);
      this.made.set(i, field);
    }
    return this.made.get(i);
  }

  showForm() {
    const field = this.field();
    const hint = field && field instanceof ObjectField && field.description();
    this.box.replaceChildren(...[hint, field?.element].filter(Boolean));
  }

  fits(value) {
    return value === undefined || value === null
      || variantOf(this.variants, value, this.form.schema) >= 0;
  }

  read() {
    return this.field()?.get();
  }

  show(value) {
    // What was typed into a form before is no part of this value.
    this.made.clear();
    if (value === undefined || value === null) {
      if (!this.isRequired)
        this.select.value = '';
      this.showForm();
      return;
    }
    const i = variantOf(this.variants, value, this.form.schema);
    this.select.value = i < 0 ? '' : String(i);
    this.showForm();
    this.field()?.set(value);
  }

  inner(key) {
    return this.field()?.inner(key);
  }

  isNull() {
    try {
      return this.get() === null;
    } catch {
      return false;
    }
  }

  check(path) {
    const field = this.field();
    return field && !this.isNull() ? field.check(path) : super.check(path);
  }
}

const fieldKinds = {string: TextField, number: NumberField,
  integer: NumberField, boolean: BooleanField, enum: EnumField,
  const: ConstField, json: JsonField, object: ObjectField, choice: ChoiceField,
  array: ListField};

function makeField(form, schema, name, isRequired) {
  const known = resolved(schema, form.schema);
  return new FittedField(fieldKinds[kindOf(known)], form, known, name,
    isRequired);
}

// The whole form. `changed` is called whenever a value may be another. It can be
// edited as JSON, too, which knows no limits.
class SchemaForm {
  constructor(schema, changed = () => {}) {
    this.schema = isObject(schema) ? schema : {};
    this.changed = () => {
      setText(this.words, '');
      changed();
    };
    this.root = new ObjectField(this, resolved(this.schema, this.schema), '',
      true, true);
    this.json = new JsonField(this, {title: 'The whole as JSON'}, 'json', true);
    this.json.element.hidden = true;
    this.toggle = button('Edit as JSON', () => this.turn(), {class: 'small'});
    this.words = make('div', {class: 'problem', role: 'alert'});
    if (this.root.fields.length === 0)
      this.root.element.append(make('p', {class: 'soft'},
        'Nothing has to be set here.'));
    this.element = make('div', {class: 'form'}, this.root.element,
      this.json.element, this.words, make('div', {class: 'row'}, this.toggle));
  }

  isJson() {
    return !this.json.element.hidden;
  }

  turn() {
    const toJson = !this.isJson();
    try {
      if (toJson)
        this.json.set(this.root.get());
      else
        this.root.set(this.json.get() || {});
    } catch (error) {
      setText(this.words, error.message);
      return;
    }
    setText(this.words, '');
    this.json.element.hidden = !toJson;
    this.root.element.hidden = toJson;
    setText(this.toggle, toJson ? 'Edit as a form' : 'Edit as JSON');
  }

  // Fails while it is no JSON.
  get() {
    return (this.isJson() ? this.json.get() : this.root.get()) || {};
  }

  set(value) {
    this.root.set(value);
    if (this.isJson())
      this.json.set(value);
  }

  // As set(), of a value that was given to another form: what this one wants
  // besides, such as a constant, is added.
  adopt(value) {
    this.set(value);
    this.root.given = undefined;
  }

  // Shows what is wrong and moves to the first. @returns whether all is well.
  check() {
    const faults = this.isJson() ? this.json.check([]) : this.root.check([]);
    setText(this.words, faults.length === 0 ? ''
      : `Please correct ${plural(faults.length, 'field')}: `
        + faults.slice(0, 5).map(one => one.title).join(', '));
    reveal(faults[0]?.control);
    return faults.length === 0;
  }

  // Says what somebody else finds wrong at a path, at the field that is nearest
  // to it, and moves there.
  refuse(path, text) {
    let at = this.isJson() ? undefined : this.root;
    let nearest = this.isJson() ? this.json : null;
    for (const key of path) {
      at = at?.inner(key);
      nearest = at?.control ? at : nearest;
    }
    nearest?.tell(text);
    setText(this.words, nearest ? '' : text);
    reveal(nearest ? nearest.control
      : this.element.querySelector('input, select, textarea, button'));
  }

  // What may be kept in a browser: without secrets. Those that are hidden tell
  // nothing, and stay.
  draft() {
    try {
      return withoutSecrets(this.schema, this.get(),
        (_, value) => isHidden(value) ? value : undefined);
    } catch {
      return undefined;
    }
  }

  // With placeholders for secrets, for people to see.
  shown(placeholder) {
    return withoutSecrets(this.schema, this.get(), placeholder);
  }
}
