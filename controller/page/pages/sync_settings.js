// The settings of a sync: what it consists of, and what ends it.

class SyncSettings {
  constructor(page) {
    this.page = page;
    const {id} = page;
    this.managed = make('p', {class: 'value', hidden: true});
    this.edit = make('a', {class: 'button main', href: link(['sync', id, 'edit'])},
      'Edit');
    this.reset = button('Reset all streams', () => confirmThen({
      title: 'Reset all streams?', yes: 'Reset them',
      text: 'All saved states are forgotten: the next run reads everything from '
        + 'the beginning.',
      send: () => ask(syncPath(id) + '/reset', {method: 'POST'})}),
    {class: 'danger'});
    this.remove = button('Delete', () => confirmThen({
      title: `Delete ${id}?`, yes: 'Delete the sync',
      text: 'The sync and the list of its runs are gone then. Its tables, its '
        + 'saved states and its logs stay.',
      send: async () => {
        await ask(syncPath(id), {method: 'DELETE',
          headers: {'If-Match': `"${page.sync.version}"`}});
        openForms.delete('draft ' + id);
        sessionStorage.removeItem('draft ' + id);
        goTo('#/');
      }}), {class: 'danger'});
    // What is secret of the config only the connector tells.
    this.hidden = make('p', {class: 'value'});
    this.tell = new Question('Ask the connector what is secret',
      signal => this.askSpec(signal));
    this.hiddenBox = make('div', {hidden: true, id: 'config-hidden'},
      this.hidden, this.tell.element);
    this.test = new Question('Send a test notification', () => this.sendTest());
    this.facts = make('dl');
    this.text = make('pre', {tabindex: '0', 'aria-label': 'Definition'});
    this.code = new CodeBox('As curl', [['Get it', () =>
      curlText('GET', syncPath(id))], ['Run it', () =>
      curlText('POST', syncPath(id) + '/run', {query: {wait: 60}})]]);
    this.element = make('section', {class: 'card page',
      'aria-label': 'Settings'}, this.managed,
    make('div', {class: 'row'}, this.edit, this.reset, this.remove),
    this.facts, this.test.element,
    make('h3', {}, 'Definition, secrets hidden'), this.hiddenBox, this.text, this.code.element);
  }

  async load(sync) {
    facts(this.facts, [['Made', showTime(sync.createdAt)],
      ['Changed', showTime(sync.updatedAt)], ['Version', textOf(sync.version)]]);
    const by = textOf(sync.managedBy);
    this.managed.hidden = !by;
    setText(this.managed, `This sync is managed by ${by}, ` + (sync.fileGone
      ? 'where it is gone: put it back there, or delete the sync here.'
      : 'so it is changed there and not here.'));
    this.edit.hidden = Boolean(by);
    this.remove.hidden = Boolean(by) && !sync.fileGone;
    const {definition} = sync;
    this.test.element.hidden =
      listOf(member(definition, 'notifications')).length === 0;
    const hidden = textOf(sync.configHidden);
    this.hiddenBox.hidden = !hidden;
    setText(this.hidden, hidden
      && `No text and no number of the config is shown: ${hidden}.`);
    setText(this.text, isObject(definition) ? yamlText(definition)
      : textOf(sync.trouble));
  }

  async askSpec(signal) {
    const answer = await askForSpec(
      member(this.page.sync.definition, 'source'), signal, false, false);
    if (!answer.spec)
      throw new Error(textOf(answer.error)
        || 'The connector gave no specification.');
    announce('What is secret of the config is known now');
    await this.page.refresh();
  }

  async sendTest() {
    const answer = await ask(syncPath(this.page.id) + '/notifications/test',
      {method: 'POST', seconds: 60});
    const bad = listOf(answer.notifications).filter(
      one => one.ok === false || one.error);
    this.test.say(bad.length > 0 ? 'FAILED' : 'SUCCESS', bad.length > 0
      ? bad.map(one => textOf(one.error)).join(' ') : 'The receiver took it.');
  }
}
