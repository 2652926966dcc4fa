// The name, schedule and options of a new sync.

const scheduleKinds = [['', 'by hand only'], ['3600', 'every hour'],
  ['86400', 'every day'], ['900', 'every 15 minutes'],
  ['every', 'every so many seconds …'], ['cron', 'by a cron rule …']];

// What a sync's definition takes beside source, streams and destination, as
// schemas of forms.
const optionsSchema = {type: 'object', properties: {
  namespace: textSchema('Namespace of the tables', {maxLength: 500}),
  tableNamePrefix: textSchema('Prefix of the tables', {maxLength: 500}),
  addMeta: {title: 'Columns to add', oneOf: [
    {title: 'none', const: false},
    {title: '_jitsu_timestamp', const: true},
    {title: 'those of Airbyte\'s destinations', const: 'airbyte'}],
  default: false},
  deduplicate: {type: 'boolean', default: true, title:
    'Rows replace those of the same key'},
  toSameCase: {type: 'boolean', title: 'Names in lower case'},
  debug: {type: 'boolean', title: 'Start the connector with --debug'}}};
const moreSchema = {type: 'object', properties: {
  retries: {type: 'object', title: 'Retries', properties: {
    delaysSeconds: {type: 'array', title: 'Pauses before further tries, seconds',
      items: {type: 'integer', title: 'Pause', minimum: 0, maximum: 604800}},
    pauseAfter: {type: 'integer', minimum: 0, maximum: 1000000, title:
      'Pause the sync after so many failed runs in a row (0: never)'}}},
  schemaChanges: {type: 'object', title: 'When the source changes its schema',
    properties: {
      policy: {type: 'string', title: 'What to do', enum: ['ignore',
        'follow_columns', 'follow_all', 'pause']},
      everySeconds: {type: 'integer', minimum: 0, title:
        'Ask the source again after so many seconds'}}},
  notifications: {type: 'array', title: 'Notifications', maxItems: 5, items: {
    type: 'object', title: 'Webhook', required: ['url'], properties: {
      url: {...secretSchema('Address'), format: 'uri'},
      secret: secretSchema('Secret that signs the messages'),
      format: {type: 'string', title: 'Format', enum: ['json', 'slack']},
      events: {type: 'array', title: 'Events', items: {enum: ['failed',
        'recovered', 'paused', 'schema_changed']}}}}},
  labels: {type: 'object', title: 'Labels',
    description: 'Texts of your own, as JSON: {"team": "data"}'}}};

const fewestSeconds = 60;
const mostSeconds = 31622400;

class ScheduleField {
  constructor(changed) {
    this.kind = choice(scheduleKinds, '3600', {id: 'schedule', change: () => {
      this.show();
      changed();
    }});
    const input = (id, attributes) => make('input', {id, autocomplete: 'off',
      spellcheck: 'false', ...attributes, input: changed});
    const list = newName();
    this.seconds = input('every-seconds', {type: 'number', min: fewestSeconds,
      max: mostSeconds, step: '1'});
    this.cron = input('cron', {placeholder: '15 * * * *'});
    this.zone = input('cron-zone', {list, placeholder: 'UTC'});
    this.zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
    this.fields = {
      kind: new LabelledField('It runs', this.kind, 'Each sync has a place of '
        + 'its own within the hour or the day, so that not all begin together: '
        + 'the first run by the schedule may come soon after one by hand.'),
      every: new LabelledField('Seconds', this.seconds, `A whole number from ${
        fewestSeconds} to ${showNumber(mostSeconds)}, which is 366 days.`),
      cron: new LabelledField('Minute, hour, day, month, weekday', this.cron),
      zone: new LabelledField('Time zone', this.zone)};
    const {kind, every, cron, zone} = this.fields;
    this.cronParts = make('div', {class: 'pair'}, cron.element, zone.element,
      make('datalist', {id: list}, (Intl.supportedValuesOf?.('timeZone') || [])
        .map(name => make('option', {value: name}))));
    this.element = make('div', {class: 'form'}, kind.element, every.element,
      this.cronParts);
    this.show();
  }

  show() {
    this.fields.every.element.hidden = this.kind.value !== 'every';
    this.cronParts.hidden = this.kind.value !== 'cron';
    for (const field of Object.values(this.fields))
      field.tell('');
  }

  get() {
    const {value} = this.kind;
    if (value === '')
      return null;
    if (value === 'cron')
      return {cron: this.cron.value.trim(),
        timezone: this.zone.value.trim() || 'UTC'};
    return {everySeconds: Number(value === 'every' ? this.seconds.value : value)};
  }

  set(schedule) {
    const every = member(schedule, 'everySeconds');
    if (member(schedule, 'cron') !== undefined) {
      this.kind.value = 'cron';
      this.cron.value = textOf(schedule.cron);
      this.zone.value = textOf(schedule.timezone) || 'UTC';
    } else if (every === undefined) {
      this.kind.value = '';
    } else if (scheduleKinds.some(([key]) => key === String(every))) {
      this.kind.value = String(every);
    } else {
      this.kind.value = 'every';
      this.seconds.value = String(every);
    }
    this.show();
  }

  check() {
    const {every, cron} = this.fields;
    const seconds = Number(this.seconds.value);
    if (this.kind.value === 'every')
      return every.expect(this.seconds.value !== ''
        && Number.isInteger(seconds) && seconds >= fewestSeconds
        && seconds <= mostSeconds ? '' : `It must be a whole number from ${
        fewestSeconds} to ${showNumber(mostSeconds)}.`);
    if (this.kind.value === 'cron')
      return cron.expect(this.cron.value.trim().split(/\s+/).length === 5 ? ''
        : 'A rule has five parts, e.g. 15 * * * *');
    return true;
  }

  // Says what the server finds wrong, `why` in its words.
  refuse(why) {
    const {every, cron, zone, kind} = this.fields;
    const rule = /^cron: (.*)$/s.exec(why);
    if (rule)
      cron.expect(`This rule cannot be used: ${rule[1]}.`);
    else if (this.kind.value === 'cron')
      zone.expect(`This time zone cannot be used: ${why}.`);
    else
      (this.kind.value === 'every' ? every : kind).expect(`It ${why}.`);
  }
}
