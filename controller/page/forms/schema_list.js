// The field of a form that holds a list.

// Of ticks, if its elements are those of an enum, or of a field for each.
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
      this.makeTicks(this.item.enum);
    this.element = make('fieldset', {}, make('legend', {class: 'value'},
      this.title, this.isRequired ? ' (required)' : ''),
    hint && make('p', {class: 'soft small value'}, hint), this.list,
    this.kind === 'enum' ? null : this.add, this.fault);
    if (Array.isArray(this.schema.default))
      this.show(this.schema.default);
  }

  makeTicks(values) {
    this.list.className = 'row';
    this.list.replaceChildren();
    this.ticks = values.map(value => {
      const {box, label} = checkbox(value === hiddenSecret ? keptWords
        : textOf(value) || JSON.stringify(value), {change: () => {
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

  // A list that was there is empty without its entries; one that was not, and
  // one that may not be empty, is left out.
  read() {
    const out = this.ticks ? this.ticked()
      : this.entries.map(one => one.field.get()).filter(
        value => value !== undefined);
    return out.length > 0 || this.isRequired
      || Array.isArray(this.given) && !(this.schema.minItems > 0)
      ? out : undefined;
  }

  // What is ticked, in the order that it was given in.
  ticked() {
    const on = this.ticks.filter(one => one.box.checked).map(one => one.value);
    const was = listOf(this.given);
    return [...was.filter(value => isAmong(on, value)),
      ...on.filter(value => !isAmong(was, value))];
  }

  fits(value) {
    return value === undefined || value === null || Array.isArray(value);
  }

  show(value) {
    const given = listOf(value);
    if (this.ticks) {
      // What is given and not listed can be unticked.
      const other = given.filter((one, i) => !isAmong(this.item.enum, one)
        && !isAmong(given.slice(0, i), one));
      this.makeTicks([...this.item.enum, ...other]);
      for (const {value: one, box} of this.ticks)
        box.checked = isAmong(given, one);
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
    const least = this.schema.minItems || (this.isRequired
      && this.schema.minItems !== 0 && !sameValue(this.given, []) ? 1 : 0);
    let text = '';
    if (value !== null && (value || []).length < least
        && (this.isRequired || value?.length > 0))
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
