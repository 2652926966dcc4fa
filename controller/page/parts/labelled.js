// A field of a page with its label, a hint, and a place for what is wrong with
// it, which is taken back once something else is typed.

class LabelledField {
  constructor(text, control, hint = '') {
    this.control = control;
    control.id ||= newName();
    const note = hint && make('p', {class: 'soft small value', id: newName()},
      hint);
    this.fault = make('p', {class: 'problem small value', id: newName()});
    control.setAttribute('aria-describedby',
      [note?.id, this.fault.id].filter(Boolean).join(' '));
    for (const event of ['input', 'change'])
      control.addEventListener(event, () => this.tell(''));
    this.element = make('div', {class: 'field'}, make('label',
      {for: control.id}, make('span', {class: 'label'}, text), control), note,
    this.fault);
  }

  tell(text) {
    setText(this.fault, text);
    setAttribute(this.control, 'aria-invalid', text ? 'true' : null);
  }

  // Says what is wrong, if something is, and moves there.
  // @returns whether all is well.
  expect(text) {
    this.tell(text);
    if (text)
      reveal(this.control);
    return text === '';
  }
}

// Moves the keyboard's place to a control, which may be folded away.
function reveal(control) {
  for (let at = control; at; at = at.parentElement)
    if (at.tagName === 'DETAILS')
      at.open = true;
  control?.focus();
}
