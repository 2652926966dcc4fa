// What the page of a new sync does: begins from what is known, asks connectors
// and destinations.

Object.assign(NewPage.prototype, {
  async begin() {
    this.showConnectors();
    let draft = null;
    try {
      draft = JSON.parse(sessionStorage.getItem(this.key) || 'null');
    } catch {
      sessionStorage.removeItem(this.key);
    }
    try {
      if (this.editId)
        await this.beginFrom(draft);
      else if (draft)
        await this.restore(draft);
    } catch (error) {
      setText(this.note, wordsOf(error));
      return;
    }
    this.tellKept(Boolean(draft));
    this.opened(this.query);
  },

  tellKept(isDraft) {
    setText(this.note, isDraft
      ? 'This goes on from what you had typed in this tab. Secrets are not kept '
        + 'over a reload: type them again.'
      : 'What you type stays in this tab until the sync is saved; over a reload '
        + 'all but the secrets.');
  },

  // A token was given: what was refused without it is asked for again.
  async refresh() {
    if (!this.connectors)
      await this.showConnectors();
    if (this.editId && !this.known)
      await this.begin();
    else
      this.opened(this.query);
  },

  // A link may name a connector.
  opened(query) {
    const {package: name, version} = query;
    if (query.demo && !this.package.value)
      this.tryDemo();
    else if (name && (name !== this.package.value
        || (version || 'local') !== this.version.value))
      this.chooseImage({package: name, version});
  },

  async showConnectors() {
    try {
      const {connectors} = await ask('/connectors');
      this.connectors = connectors;
      reconcile(this.tiles, connectors.slice(0, 24),
        imageText, one => make('button', {type: 'button', class: 'tile',
          'aria-pressed': 'false', click: () => this.chooseImage(one)},
        make('b', {class: 'value'}, textOf(one.title) || one.package),
        make('span', {class: 'soft small value'}, imageText(one))), () => {});
      this.markTiles();
    } catch (error) {
      // They can be typed.
      if (!notThere(error))
        setText(this.note, wordsOf(error));
    }
  },

  markTiles() {
    const {package: name, version} = this.image();
    for (const [key, tile] of this.tiles.known || [])
      setAttribute(tile, 'aria-pressed', String(key === `${name}:${version}`));
  },

  async tryDemo() {
    if (!this.connectors)
      await this.showConnectors();
    const demo = listOf(this.connectors).find(
      one => /(^|\/)source-demo$/.test(one.package) && one.installed);
    if (!demo) {
      setText(this.note, 'The demo connector is not installed here; '
        + '`./dev serve` brings it.');
      return;
    }
    this.id.value ||= 'demo';
    this.schedule.set(null);
    this.chooseImage(demo);
  },

  chooseImage(image) {
    this.package.value = image.package;
    this.version.value = versionOf(image);
    this.imageTyped();
    this.asked.press();
  },

  imageTyped() {
    this.markTiles();
    this.changed();
  },

  async askSpec(signal, isPressed = false) {
    const image = this.image();
    for (const [part, field] of Object.entries(this.imageFields))
      if (!field.expect(image[part] ? '' : `A ${part} is needed.`))
        throw new Error('A package and a version are needed.');
    let answer;
    try {
      answer = await askForSpec(image, signal, isPressed && this.isForm(image),
        this.knowsSpec(image));
    } catch (error) {
      if (error.code !== 'no_such_path')
        throw error;
      answer = {error: error.message};
    }
    if (!answer.spec) {
      this.asked.say('FAILED', (textOf(answer.error)
        || 'The connector gave no specification.')
        + ' Its config can be given as JSON.',
      `spec:${image.package}:${image.version}`);
      if (!this.form)
        this.setSpec(image, null);
      return;
    }
    this.setSpec(image, answer.spec);
    this.asked.say('SUCCESS', 'Its form is below.');
    this.changed();
  },

  // Whether its specification is known to syncctl, as far as this page knows.
  knowsSpec(image) {
    return !this.connectors || this.connectors.some(one => one.specKnown
      && imageText(one) === `${image.package}:${image.version}`);
  },

  isForm(image) {
    return this.formOf === `${image.package}:${image.version}`;
  },

  setSpec(image, spec) {
    const before = this.form;
    let typed = this.draftConfig;
    try {
      typed = before?.get() ?? typed;
    } catch {
      // JSON that is none is lost with the form that it was for.
    }
    const isOther = before && !this.isForm(image);
    this.spec = spec;
    this.formOf = `${image.package}:${image.version}`;
    this.form = new SchemaForm(member(spec, 'connectionSpecification'),
      () => this.changed());
    if (isObject(typed) && Object.keys(typed).length > 0)
      this.form[isOther ? 'adopt' : 'set'](typed);
    // Without a specification nothing tells what is secret.
    if (!spec)
      this.form.turn();
    this.configBox.replaceChildren(this.form.element);
    this.checked.element.hidden = false;
  },

  // What is asked of a connector needs its whole config.
  wholeConfig() {
    const form = this.config();
    if (!form.check())
      throw new Error('Correct the marked fields first.');
    const config = form.get();
    if (JSON.stringify(config).includes(`"${hiddenSecret}"`))
      throw new Error('Secrets that stay as they are are not known to this '
        + 'page: type them to have them tried here, or save the sync and run '
        + 'it.');
    return config;
  },

  async askCheck(signal) {
    const config = this.wholeConfig();
    const query = this.inquiryQuery('check');
    query.storageKey += '-' + ++this.checks;
    const answer = await askForCheck(query, {config}, signal);
    const good = answer.status === 'SUCCESS';
    this.checked.say(good ? 'SUCCESS' : 'FAILED', good
      ? 'The connector says that it works.'
      : `It does not work: ${textOf(answer.message) || 'no reason was given'}`,
    'check:' + query.storageKey);
  },

  async askCatalog(signal) {
    const config = this.wholeConfig();
    const query = this.inquiryQuery('discover');
    query.storageKey += '-' + ++this.checks;
    const answer = await askForCatalog(query, {config}, signal);
    const log = `discover:${query.package}:${query.version}:${query.storageKey}`;
    const streams = listOf(answer.catalog?.streams);
    if (!answer.catalog) {
      this.discovered.say('FAILED', textOf(answer.error)
        || 'The connector gave no catalog.', log);
      return;
    }
    this.catalog = {streams};
    this.chooser.setCatalog(streams);
    this.discovered.say('SUCCESS',
      `The source has ${plural(streams.length, 'stream')}.`, log);
    this.changed();
  },

  chooseDestination(kind, isFirst = false) {
    this.kind = kind;
    destinationKinds.forEach((one, i) => setAttribute(this.kindButtons[i],
      'aria-pressed', String(one === kind)));
    if (!this.destinationForms.has(kind.type))
      this.destinationForms.set(kind.type, new SchemaForm(kind.schema,
        () => this.changed()));
    this.destinationBox.replaceChildren(
      this.destinationForms.get(kind.type).element);
    this.destinationChecked.element.hidden = kind.type === '';
    this.destinationChecked.say('', '');
    if (!isFirst)
      this.changed();
  },

  async askDestination(signal) {
    if (!this.destinationForms.get(this.kind.type).check())
      throw new Error('Correct the marked fields first.');
    const destinationConfig = this.destination();
    if (JSON.stringify(destinationConfig).includes(`"${hiddenSecret}"`))
      throw new Error('Type the secrets to have them tried here: those that '
        + 'stay as they are are not known to this page.');
    const query = {storageKey: `${this.storageKey('destination')}-`
      + ++this.checks};
    const {namespace} = this.options.get();
    if (namespace)
      query.namespace = namespace;
    const answer = await askForCheck(query, {destinationConfig}, signal);
    const good = answer.status === 'SUCCESS';
    this.destinationChecked.say(good ? 'SUCCESS' : 'FAILED', good
      ? 'It takes rows.'
      : `It does not work: ${textOf(answer.message) || 'no reason was given'}`,
    'check:' + query.storageKey);
  },

  async restore(draft) {
    this.package.value = textOf(draft.package);
    this.version.value = textOf(draft.version);
    if (!this.editId)
      this.id.value = textOf(draft.id);
    this.draftConfig = draft.config;
    for (const [type, config] of Object.entries(draft.destinations || {})) {
      const kind = destinationOf(type);
      if (!kind)
        continue;
      const form = new SchemaForm(kind.schema, () => this.changed());
      form.set(config || {});
      this.destinationForms.set(type, form);
    }
    this.chooseDestination(destinationOf(draft.kind) || destinationKinds[0],
      true);
    this.chooser.set(draft.streams);
    if (draft.catalog) {
      this.catalog = draft.catalog;
      this.chooser.setCatalog(listOf(draft.catalog.streams));
    }
    this.schedule.set(draft.schedule);
    this.options.set(draft.options || {});
    this.more.set(draft.more || {});
    if (draft.spec)
      this.setSpec(this.image(), draft.spec);
    else if (draft.package && draft.version)
      this.asked.press();
  },

  // A sync that is there: its definition, then what was typed over it.
  async beginFrom(draft) {
    const sync = await this.askKnown();
    this.version_ = sync.version;
    const {definition} = sync;
    if (sync.managedBy)
      this.readOnly(`This sync is managed by ${textOf(sync.managedBy)}: change `
        + 'it there.');
    if (!isObject(definition)) {
      setText(this.note, textOf(sync.trouble));
      return;
    }
    const {source, destination, streams, schedule, options, ...more} = definition;
    const {destinationType = '', ...place} = destination || {};
    this.known = definition;
    await this.restore({...source, kind: destinationType,
      destinations: {[destinationType]: place}, streams, schedule,
      options: options || {}, more, config: source.config});
    if (draft)
      await this.restore({...draft,
        config: withKept(draft.config, source.config),
        destinations: {...draft.destinations, [destinationType]:
          withKept(member(draft.destinations, destinationType), place)},
        more: withKept(draft.more, more)});
  },

  // The sync. While its connector has not told what of the config is secret, all
  // of it is hidden, which a form could not show: the connector is asked first.
  async askKnown() {
    const sync = await ask(syncPath(this.editId));
    const source = member(sync.definition, 'source');
    if (!sync.configHidden || !isObject(source))
      return sync;
    setText(this.note, 'Asking the connector what of the config is secret …');
    const {spec} = await askForSpec(source, new AbortController().signal, false,
      false);
    return spec ? ask(syncPath(this.editId)) : sync;
  }
});

// A draft of what is kept: where it has no value, since that is secret, the
// stored one stays.
function withKept(draft, stored) {
  if (draft === undefined)
    return isHidden(stored) && JSON.stringify(stored).includes(
      `"${hiddenSecret}"`) ? stored : undefined;
  if (Array.isArray(draft) && Array.isArray(stored)
    && draft.length === stored.length)
    return draft.map((one, i) => withKept(one, stored[i]));
  if (!isObject(draft) || !isObject(stored))
    return draft;
  const out = {...draft};
  for (const [name, value] of Object.entries(stored)) {
    const now = withKept(member(draft, name), value);
    if (now !== undefined)
      out[name] = now;
  }
  return out;
}
