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

  get() {
    const out = {...this.rest};
    let isGiven = Object.keys(out).length > 0;
    for (const [key, field] of this.fields) {
      const value = field.get();
      if (value === undefined)
        continue;
      out[key] = value;
      isGiven ||= !(field instanceof ConstField);
    }
    return isGiven || this.isRequired ? out : undefined;
  }

  set(value) {
    const given = isObject(value) ? value : {};
    const known = new Set(this.fields.map(([key]) => key));
    this.rest = Object.fromEntries(Object.entries(given).filter(
      ([key]) => !known.has(key)));
    for (const [key, field] of this.fields)
      field.set(given[key]);
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
      return this.get() === undefined;
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
    this.select.addEventListener('change', () => this.show());
    const start = this.schema.default;
    if (start !== undefined)
      this.set(start);
    else if (this.isRequired)
      this.select.value = '0';
    this.show();
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

  show() {
    const field = this.field();
    const hint = field && field instanceof ObjectField && field.description();
    this.box.replaceChildren(...[hint, field?.element].filter(Boolean));
  }

  get() {
    return this.field()?.get();
  }

  set(value) {
    if (value === undefined || value === null) {
      if (!this.isRequired)
        this.select.value = '';
      this.show();
      return;
    }
    const i = variantOf(this.variants, value, this.form.schema);
    this.select.value = i < 0 ? '' : String(i);
    this.show();
    this.field()?.set(value);
  }

  inner(key) {
    return this.field()?.inner(key);
  }

  check(path) {
    const field = this.field();
    if (field)
      return field.check(path);
    return super.check(path);
  }
}

// A list: of texts with one a line, of ticks, or of forms.
class ListField extends Field {
  constructor(...of) {
    super(...of);
    this.item = resolved(this.schema.items, this.form.schema);
    this.kind = kindOf(this.item);
    this.entries = [];
    this.list = make('div');
    this.add = button('Add', () => {
      const field = this.append();
      (field.element.querySelector('input, select, textarea') || this.add)
        .focus();
      this.form.changed();
    }, {class: 'small', 'aria-label': `Add to ${this.title}`});
    const hint = this.hint();
    this.control = this.add;
    if (this.kind === 'enum')
      this.makeTicks();
    this.element = make('fieldset', {}, make('legend', {class: 'value'},
      this.title, this.isRequired ? ' (required)' : ''),
    hint && make('p', {class: 'soft small value'}, hint), this.list,
    this.kind === 'enum' ? null : this.add, this.fault);
    if (Array.isArray(this.schema.default))
      this.set(this.schema.default);
  }

  makeTicks() {
    this.list.className = 'row';
    this.ticks = this.item.enum.map(value => {
      const {box, label} = checkbox(textOf(value), {change: () => {
        this.tell('');
        this.form.changed();
      }});
      this.list.append(label);
      return {value, box};
    });
    this.control = this.ticks[0]?.box || this.add;
  }

  append(value) {
    const number = this.entries.length + 1;
    const field = makeField(this.form, {...this.item,
      title: `${textOf(this.item.title) || this.title} ${number}`}, this.name,
    true);
    const entry = make('div', {class: 'entry'}, field.element,
      button('Remove', () => {
        const at = this.entries.findIndex(one => one.field === field);
        this.entries.splice(at, 1);
        entry.remove();
        this.add.focus();
        this.form.changed();
      }, {class: 'small', 'aria-label': `Remove ${this.title} ${number}`}));
    this.entries.push({field, entry});
    this.list.append(entry);
    if (value !== undefined)
      field.set(value);
    return field;
  }

  get() {
    const out = this.ticks
      ? this.ticks.filter(one => one.box.checked).map(one => one.value)
      : this.entries.map(one => one.field.get()).filter(
        value => value !== undefined);
    return out.length > 0 || this.isRequired ? out : undefined;
  }

  set(value) {
    const given = listOf(value);
    if (this.ticks) {
      for (const {value: one, box} of this.ticks)
        box.checked = given.some(other => sameValue(one, other));
      return;
    }
    this.list.replaceChildren();
    this.entries = [];
    for (const one of given)
      this.append(one);
  }

  inner(key) {
    return this.entries[Number(key)]?.field;
  }

  check(path) {
    const out = this.entries.flatMap(({field}, i) => field.check([...path, i]));
    const value = out.length > 0 ? null : this.get();
    const least = this.schema.minItems
      || (this.isRequired && this.schema.minItems !== 0 ? 1 : 0);
    let text = '';
    if (value !== null && (value || []).length < least
        && (this.isRequired || value !== undefined))
      text = `It needs at least ${plural(least, 'entry').replace('entrys',
        'entries')}.`;
    else if (Number.isFinite(this.schema.maxItems)
        && (value || []).length > this.schema.maxItems)
      text = `It takes at most ${this.schema.maxItems}.`;
    this.tell(text);
    return text ? [...out, {path, text, control: this.control,
      title: this.title}] : out;
  }
}

const fieldKinds = {string: TextField, number: NumberField,
  integer: NumberField, boolean: BooleanField, enum: EnumField,
  const: ConstField, json: JsonField, object: ObjectField, choice: ChoiceField,
  array: ListField};

function makeField(form, schema, name, isRequired) {
  const known = resolved(schema, form.schema);
  return new fieldKinds[kindOf(known)](form, known, name, isRequired);
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

  // What may be kept in a browser: without secrets.
  draft() {
    try {
      return withoutSecrets(this.schema, this.get(), () => undefined);
    } catch {
      return undefined;
    }
  }

  // With placeholders for secrets, for people to see.
  shown(placeholder) {
    return withoutSecrets(this.schema, this.get(), placeholder);
  }
}
