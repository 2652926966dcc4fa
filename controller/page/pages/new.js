// #/new and #/sync/ID/edit : a sync from its connector to its start, in steps
// that stand on one page. What is typed is kept: in the tab's memory as it is,
// and for a reload, without secrets, in the tab's storage.

const openForms = new Map();

// The name that a sync may have, as the server wants it.
function faultOfName(name) {
  if (name === '')
    return 'The sync needs a name.';
  if (name === '.' || name === '..')
    return 'A name must not be . or ..';
  if (!/^[A-Za-z0-9_.:-]*$/.test(name))
    return 'A name has only the letters a to z and A to Z, digits and _ . : - '
      + '(no spaces, no other letters).';
  return name.length > 200 ? 'A name has 200 characters at most.' : '';
}

class NewPage {
  constructor(id, query) {
    this.editId = id;
    this.query = query;
    this.title = id ? `Edit ${id}` : 'New sync';
    this.key = 'draft ' + (id || '');
    this.checks = 0;
    this.random = newId().slice(0, 12);
    this.note = make('p', {class: 'soft value', role: 'status'});
    this.makeConnector();
    this.makeConfig();
    this.makeStreams();
    this.makeDestination();
    this.makeRest();
    this.makeEnd();
    this.afresh = button(id ? 'Drop the changes' : 'Start afresh',
      () => this.forget(), {class: 'small'});
    this.element = make('div', {class: 'page'},
      make('p', {class: 'small'}, make('a', {href: id ? link(['sync', id]) : '#/'},
        id ? `Sync ${id}` : 'All syncs')),
      make('div', {class: 'row apart'},
        make('h1', {class: 'value', tabindex: '-1'}, this.title), this.afresh),
      this.note, this.steps.map(one => one.element));
    this.codes = [];
    this.begin();
  }

  // -- steps

  step(title, ...content) {
    const heading = make('h2', {});
    const body = make('div', {class: 'page'}, content);
    const element = make('section', {class: 'card step'}, heading, body);
    this.steps ||= [];
    const number = this.steps.length + 1;
    setText(heading, `${number}. ${title}`);
    heading.id = newName();
    element.setAttribute('aria-labelledby', heading.id);
    const out = {element, body};
    this.steps.push(out);
    return out;
  }

  code(summary, parts) {
    const out = new CodeBox(summary, parts);
    this.codeBoxes ||= [];
    this.codeBoxes.push(out);
    return out.element;
  }

  makeConnector() {
    const field = (id, most, example) => make('input', {id, maxlength: most,
      spellcheck: 'false', autocomplete: 'off', placeholder: example,
      input: () => this.imageTyped(), keydown: event => {
        if (event.key === 'Enter')
          this.asked.press();
      }});
    this.package = field('package', '500', 'airbyte/source-faker');
    this.version = field('version', '200', '6.2.1');
    this.tiles = make('div', {class: 'tiles', role: 'group',
      'aria-label': 'Connectors that are there'});
    this.asked = new Question('Get its form', signal => this.askSpec(signal, true));
    this.imageFields = {package: new LabelledField('Package', this.package),
      version: new LabelledField('Version', this.version)};
    this.step('Connector', this.tiles, make('div', {class: 'pair'},
      Object.values(this.imageFields).map(one => one.element)),
    this.asked.element, this.code('As curl', [['curl', () =>
      curlText('GET', '/spec', {query: specQuery(this.image())})]]));
  }

  makeConfig() {
    this.configBox = make('div', {}, make('p', {class: 'soft'},
      'Choose a connector first: it says what it needs.'));
    this.checked = new Question('Check it', signal => this.askCheck(signal));
    this.checked.element.hidden = true;
    this.step('Config', this.configBox, this.checked.element,
      this.code('As curl', [['curl', () => curlText('POST', '/check',
        {query: this.inquiryQuery('check'),
          body: {config: this.shownConfig()}})]]));
  }

  makeStreams() {
    this.chooser = new StreamChooser(() => this.changed());
    this.discovered = new Question('Ask what the source has',
      signal => this.askCatalog(signal));
    this.step('Streams', this.discovered.element, this.chooser.element,
      this.code('As curl', [['curl', () => curlText('POST', '/discover',
        {query: this.inquiryQuery('discover'),
          body: {config: this.shownConfig()}})]]));
  }

  makeDestination() {
    this.kind = destinationKinds[0];
    this.kinds = make('div', {class: 'tiles', role: 'group',
      'aria-label': 'Destinations'});
    this.kindButtons = destinationKinds.map(one => {
      const tile = make('button', {type: 'button', class: 'tile',
        click: () => this.chooseDestination(one)}, make('b', {}, one.title),
      make('span', {class: 'soft small'}, one.text));
      this.kinds.append(tile);
      return tile;
    });
    this.destinationBox = make('div');
    this.destinationForms = new Map();
    this.destinationChecked = new Question('Check it',
      signal => this.askDestination(signal));
    this.step('Destination', this.kinds, this.destinationBox,
      this.destinationChecked.element,
      this.code('As curl', [['curl', () => curlText('POST', '/check',
        {query: {storageKey: this.storageKey('destination')},
          body: {destinationConfig: this.destination(true)}})]]));
    this.chooseDestination(this.kind, true);
  }

  makeRest() {
    this.id = make('input', {id: 'sync-id', maxlength: '200', required: true,
      spellcheck: 'false', autocomplete: 'off', placeholder: 'crm',
      input: () => this.changed()});
    this.id.value = this.editId || '';
    this.id.readOnly = Boolean(this.editId);
    this.name = new LabelledField('Name of the sync', this.id, this.editId
      ? '' : 'Letters (a to z, A to Z), digits and _ . : -, at most 200. It '
        + 'cannot be changed later.');
    this.schedule = new ScheduleField(() => this.changed());
    this.options = new SchemaForm(optionsSchema, () => this.changed());
    this.more = new SchemaForm(moreSchema, () => this.changed());
    this.step('Name and schedule',
      make('div', {class: 'form'}, this.name.element,
        this.schedule.element),
      make('details', {}, make('summary', {}, 'Tables'), this.options.element),
      make('details', {}, make('summary', {},
        'Retries, changes of the schema, notifications, labels'),
      this.more.element));
  }

  makeEnd() {
    this.problem = make('p', {class: 'problem value', role: 'alert'});
    this.saveAndRun = button('Save and run', () => this.save(true),
      {class: 'main'});
    this.saveOnly = button('Save', () => this.save(false));
    this.conflict = make('section', {class: 'page', hidden: true,
      'aria-label': 'What differs'});
    this.step(this.editId ? 'Save' : 'Start', this.problem, this.conflict,
      make('div', {class: 'row'}, this.saveAndRun, this.saveOnly),
      this.code('As curl and as YAML', [
        ['curl', () => curlText('PUT', syncPath(this.id.value.trim() || 'NAME'),
          {body: this.definition(this.placeholder),
            headers: this.editId ? [] : [['If-None-Match', '*']]})],
        ['YAML, for SYNCCTL_SYNCS_DIR', () => yamlText(this.definition(
          path => `\${${variableOf(this.id.value, path.slice(-1))}}`))]]));
  }

  // -- what is typed

  image() {
    return {package: this.package.value.trim(),
      version: this.version.value.trim()};
  }

  placeholder(path) {
    return `<${path.at(-1)}>`;
  }

  storageKey(what) {
    return `page-${what}-${this.random}`;
  }

  inquiryQuery(what) {
    return {...this.image(), storageKey: this.storageKey(what)};
  }

  config() {
    if (!this.form)
      throw new Error('Choose a connector and get its form first.');
    return this.form;
  }

  // The config for people to see. What is secret in it only a spec tells.
  shownConfig(placeholder = this.placeholder) {
    return this.spec || !this.form ? this.config().shown(placeholder)
      : {'…': '<the config>'};
  }

  destination(isShown = false, placeholder = this.placeholder) {
    if (this.kind.type === '')
      return null;
    const form = this.destinationForms.get(this.kind.type);
    return {destinationType: this.kind.type,
      ...isShown ? form.shown(placeholder) : form.get()};
  }

  // The definition of the sync; with `placeholder` in place of secrets.
  definition(placeholder = null) {
    const out = {source: {...this.image(), config: placeholder
      ? this.shownConfig(placeholder) : this.config().get()},
    destination: this.destination(Boolean(placeholder), placeholder || undefined),
    streams: this.chooser.get(), schedule: this.schedule.get(),
    options: this.options.get()};
    Object.assign(out, placeholder ? this.more.shown(placeholder)
      : this.more.get());
    return out;
  }

  changed() {
    // Nothing that was said of what stood there before.
    if (!this.isRefused)
      setText(this.problem, '');
    this.noteSoon ||= later(300, () => this.noteDraft());
    this.noteSoon();
  }

  // Keeps what is typed for a reload.
  noteDraft() {
    if (this.isGone)
      return;
    for (const box of this.codeBoxes)
      box.update();
    const draft = {...this.image(), id: this.id.value, spec: this.spec,
      config: this.form ? this.spec ? this.form.draft() : undefined
        : this.draftConfig,
      kind: this.kind.type, destinations: Object.fromEntries(
        [...this.destinationForms].map(([type, form]) => [type, form.draft()])),
      streams: this.chooser.get(), catalog: this.catalog,
      schedule: this.schedule.get(), options: this.options.draft(),
      more: this.more.draft()};
    try {
      sessionStorage.setItem(this.key, JSON.stringify(draft));
    } catch {
      // A catalog may be larger than what a browser keeps.
      delete draft.catalog;
      delete draft.spec;
      sessionStorage.setItem(this.key, JSON.stringify(draft));
    }
  }

  // Whatever is typed or comes from the server while this is not shown stays.
  close() {
    openForms.set(this.key, this);
  }

  forget() {
    this.forgetDraft();
    open.page = {close: () => {}};
    openHash();
  }
}

function showNew(id, query) {
  const kept = openForms.get('draft ' + (id || ''));
  if (kept) {
    openForms.delete(kept.key);
    kept.opened(query);
    return kept;
  }
  return new NewPage(id, query);
}

route('/new', (_, query) => showNew('', query));
route('/sync/:/edit', ([id], query) => showNew(id, query));
