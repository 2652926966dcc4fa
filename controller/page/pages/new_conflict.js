// A sync that was changed elsewhere while it was edited here: what differs is
// shown, and whoever saves decides.

const mostDifferences = 100;

// The members of a document by their paths, lists being whole.
function leavesOf(value, path = [], out = new Map()) {
  if (isObject(value))
    for (const [name, one] of Object.entries(value))
      leavesOf(one, [...path, name], out);
  else
    out.set(path.join('.'), value);
  return out;
}

// What is as good as not there.
const isNothing = value => value === undefined || value === null || value === ''
  || Array.isArray(value) && value.length === 0;

// Where two definitions differ: [{path, theirs, mine}], as texts. `shown` is
// `mine` with other texts in place of its secrets, and without what nothing
// tells to be none.
function differences(theirs, mine, shown) {
  const [left, right, texts] = [theirs, mine, shown].map(one => leavesOf(one));
  const text = value => isNothing(value) ? '–'
    : value === hiddenSecret ? 'a secret' : textOf(value);
  return [...new Set([...left.keys(), ...right.keys()])].filter(path => {
    const [one, other] = [left.get(path), right.get(path)];
    return !(isNothing(one) && isNothing(other)) && !sameValue(one, other);
  }).map(path => ({path, theirs: text(left.get(path)), mine:
    right.get(path) === hiddenSecret ? 'stays as it is'
      : right.has(path) && !texts.has(path) ? 'as you typed it'
        : text(texts.get(path))}));
}

Object.assign(NewPage.prototype, {
  async showConflict(isRun) {
    let sync;
    try {
      sync = await ask(syncPath(this.editId));
    } catch (error) {
      setText(this.problem, notThere(error) ? 'The sync was deleted meanwhile. '
        + 'To have it again, make a new one.' : wordsOf(error));
      this.saveOnly.focus();
      return;
    }
    const all = differences(sync.definition, this.definition(),
      this.definition(() => 'a secret that you typed'));
    const heading = make('h3', {tabindex: '-1'}, all.length === 0
      ? 'It was changed elsewhere meanwhile, but to what stands here'
      : 'It was changed elsewhere meanwhile: what differs');
    const table = new Table('What differs', [{key: 'where', text: 'Where'},
      {key: 'there', text: 'There now'}, {key: 'mine', text: 'Here'}]);
    table.element.hidden = all.length === 0;
    table.body.append(...all.slice(0, mostDifferences).map(one => make('tr', {},
      make('td', {class: 'value'}, one.path),
      make('td', {class: 'value'}, one.theirs),
      make('td', {class: 'value'}, one.mine))));
    const more = all.length - mostDifferences;
    this.conflict.replaceChildren(heading, table.element,
      ...more > 0 ? [make('p', {}, `and ${showNumber(more)} more`)] : [],
      make('p', {}, 'To save yours puts all that stands here in place of what '
        + 'is there now. To drop it shows what is there.'),
      make('div', {class: 'row'}, button('Save mine all the same', () => {
        this.version_ = sync.version;
        this.conflict.hidden = true;
        this.saveOnly.focus();
        return this.save(isRun);
      }), button('Drop mine', () => this.forget())));
    this.conflict.hidden = false;
    heading.focus();
  }
});
