// A task's log: a window of it that is never longer than `mostLines`. The server
// looks for levels and words.

const mostLines = 2000;
const linesPerPage = 500;
const longestMessage = 10000;
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

class Log {
  constructor(page, query) {
    this.page = page;
    this.query = query;
    this.isOpen = false;
    this.level = choice([['', 'all'], ['INFO', 'INFO and above'],
      ['WARN', 'WARN and above'], ['ERROR', 'ERROR and above']],
    query.level || '', {id: 'level', change: () => this.filter()});
    this.words = make('input', {type: 'search', autocomplete: 'off',
      spellcheck: 'false', id: 'search', maxlength: '200',
      input: later(300, () => this.filter())});
    this.words.value = query.q || '';
    this.box = make('div', {id: 'lines', role: 'log', 'aria-label': 'Log',
      'aria-live': 'off', tabindex: '0', scroll: () => this.scrolled(),
      keydown: event => this.key(event)});
    this.state = make('p', {id: 'log-state', class: 'soft small value',
      role: 'status'});
    const follow = checkbox('Follow', {id: 'follow',
      change: () => this.follow.checked ? this.newest() : this.schedule()});
    this.follow = follow.box;
    const tool = (id, text, call) => button(text, call, {id, class: 'small'});
    this.buttons = {
      first: tool('first', 'From the start', () => this.start()),
      earlier: tool('earlier', 'Earlier', () => this.earlier()),
      later: tool('later', 'Later', () => this.later()),
      last: tool('last', 'Newest', () => this.newest()),
      back: tool('last-error', 'Previous error', () => this.jump('before')),
      forth: tool('next-error', 'Next error', () => this.jump('after')),
      link: tool('link-line', 'Copy link to line',
        () => copyText(location.href, this.buttons.link)),
      save: tool('save', 'Download', () => this.save())};
    this.buttons.link.hidden = true;
    const {first, earlier, later: on, last, back, forth, link: copy, save} =
      this.buttons;
    this.element = make('section', {class: 'card', 'aria-label': 'Log'},
      make('h2', {}, 'Log'),
      make('div', {class: 'filters'}, labelled('Level', this.level),
        labelled('Words in the message', this.words),
        follow.label),
      make('div', {class: 'row'}, back, forth, copy, save), this.box,
      make('div', {class: 'row'}, first, earlier, on, last), this.state);
    this.reset();
  }

  open() {
    this.isOpen = true;
    this.follow.checked = runs(this.page.task) && !this.query.line;
    if (this.query.line)
      this.around(this.query.line);
    else
      this.newest();
  }

  close() {
    this.isOpen = false;
    this.controller?.abort();
    clearTimeout(this.timer);
  }

  // The address changed while the page is open.
  changed(query) {
    const before = this.query;
    this.query = query;
    this.level.value = query.level || '';
    if (document.activeElement !== this.words)
      this.words.value = query.q || '';
    if (!this.isOpen)
      return;
    if ((before.level || '') !== (query.level || '')
        || (before.q || '') !== (query.q || ''))
      this.newest();
    else if (query.line && query.line !== before.line)
      this.around(query.line);
  }

  filter() {
    keepInHash({level: this.level.value, q: this.words.value.trim(), line: ''});
    this.query = open.query;
    this.choose(null);
    this.newest();
  }

  reset() {
    this.shown = [];
    // Whether there are lines before and behind those that are shown.
    this.more = {before: false, after: false};
    // Up to where is known what there is.
    this.tail = '';
    this.box.replaceChildren();
  }

  // Ends what is under way and does this instead.
  async run(work) {
    if (!this.isOpen)
      return;
    this.controller?.abort();
    clearTimeout(this.timer);
    const {signal} = this.controller = new AbortController();
    this.busy = true;
    this.say();
    try {
      await work(signal);
      tell('log');
    } catch (error) {
      if (signal.aborted)
        return;
      tell('log', error);
      if (error.status === 401) {
        this.busy = false;
        return;
      }
    }
    if (signal.aborted)
      return;
    this.busy = false;
    this.say();
    this.schedule();
  }

  schedule() {
    clearTimeout(this.timer);
    // Lines may follow a task's end, for a moment.
    if (this.follow.checked && this.isOpen)
      this.timer = setTimeout(() => document.hidden
        ? this.schedule() : this.later(),
      runs(this.page.task) ? 1000 : 10000);
  }

  wake() {
    if (this.isOpen)
      this.later();
  }

  get(query, signal, filters = {level: this.query.level, q: this.query.q}) {
    return ask(taskPath(this.page.id) + '/logs',
      {signal, query: {limit: linesPerPage, ...filters, ...query}});
  }

  // Lines on one side of a place, until there are enough: a search may answer
  // fewer and go on.
  async collect(side, place, signal, most = linesPerPage, filters = undefined) {
    let lines = [];
    for (;;) {
      const query = {limit: most};
      if (place)
        query[side] = place;
      const page = await this.get(query, signal, filters);
      lines = side === 'before' ? [...page.logs, ...lines]
        : [...lines, ...page.logs];
      const edge = side === 'before' ? page.logs[0] : page.logs.at(-1);
      const next = page.next || edge?.cursor || place;
      const more = Boolean(page.more) && next !== place;
      place = next;
      if (!more || lines.length >= most)
        return {lines, more, place};
      this.say(lines.length);
    }
  }

  newest() {
    return this.run(async signal => {
      // The end that was looked at, even if no line there fits.
      const end = await this.get({before: 'end', limit: 1}, signal, {});
      const page = await this.collect('before', 'end', signal);
      this.reset();
      this.more.before = page.more;
      this.tail = end.logs.at(-1)?.cursor || '';
      this.append(page.lines);
      this.box.scrollTop = this.box.scrollHeight;
    });
  }

  start() {
    this.follow.checked = false;
    return this.run(async signal => {
      const page = await this.collect('after', '', signal);
      this.reset();
      this.more.after = page.more;
      this.tail = page.place;
      this.append(page.lines);
      this.box.scrollTop = 0;
    });
  }

  // What stands before the first line, as much as fits. One's place is kept.
  earlier() {
    if (this.shown.length === 0)
      return this.newest();
    this.follow.checked = false;
    return this.run(async signal => {
      const page = await this.collect('before', this.shown[0].cursor, signal);
      this.more.before = page.more;
      this.prepend(page.lines);
    });
  }

  later() {
    return this.run(async signal => {
      do {
        const page = await this.collect('after', this.tail, signal);
        this.more.after = page.more;
        this.tail = page.place;
        this.append(page.lines);
      } while (this.follow.checked && this.more.after);
    });
  }

  // Shows a line among those around it.
  around(cursor) {
    const here = this.shown.find(one => one.cursor === cursor);
    if (here) {
      this.choose(cursor);
      here.element.scrollIntoView({block: 'center'});
      return undefined;
    }
    this.follow.checked = false;
    return this.run(async signal => {
      const before = await this.collect('before', cursor, signal, 200);
      const after = await this.collect('after', before.lines.at(-1)?.cursor
        || (before.more ? cursor : ''), signal);
      this.reset();
      this.more = {before: before.more, after: after.more};
      this.tail = after.place;
      this.append([...before.lines, ...after.lines]);
      this.choose(cursor);
      const line = this.shown.find(one => one.cursor === cursor);
      line?.element.scrollIntoView({block: 'center'});
      if (!line)
        announce('The line of the link does not fit the filters, or is gone');
    });
  }

  // To the next error, whatever the filters are.
  jump(side) {
    const place = this.place(side);
    return this.run(async signal => {
      const page = await this.collect(side, place, signal, 1, {level: 'ERROR'});
      const found = side === 'before' ? page.lines.at(-1) : page.lines[0];
      if (!found) {
        this.found = side === 'before' ? 'No error before this.'
          : 'No error after this.';
        return;
      }
      this.found = '';
      if (this.query.q || this.query.level && !this.shown.some(
        one => one.cursor === found.cursor)) {
        this.words.value = '';
        this.level.value = '';
        keepInHash({q: '', level: ''});
        this.query = open.query;
        this.reset();
      }
      keepInHash({line: found.cursor});
      this.query = open.query;
      // After this has ended.
      setTimeout(() => this.around(found.cursor));
    });
  }

  // Where one looks: the chosen line, else the end of what is visible.
  place(side) {
    if (this.chosen)
      return this.chosen;
    if (side === 'after')
      return this.atEnd() ? this.shown[0]?.cursor : this.shown.find(
        one => one.element.offsetTop >= this.box.scrollTop)?.cursor;
    return 'end';
  }

  atEnd() {
    const box = this.box;
    return box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  }

  choose(cursor) {
    this.chosen = cursor;
    this.buttons.link.hidden = !cursor;
    for (const one of this.shown)
      one.element.classList.toggle('chosen', one.cursor === cursor);
  }

  // j and k go from line to line.
  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey
        || !['j', 'k'].includes(event.key) || this.shown.length === 0)
      return;
    const now = this.shown.findIndex(one => one.cursor === this.chosen);
    const to = this.shown[now < 0 ? this.shown.length - 1
      : Math.max(0, Math.min(this.shown.length - 1,
        now + (event.key === 'j' ? 1 : -1)))];
    keepInHash({line: to.cursor});
    this.query = open.query;
    this.choose(to.cursor);
    to.element.scrollIntoView({block: 'nearest'});
    announce(to.element.textContent.slice(0, 300));
  }

  scrolled() {
    if (this.busy || !this.isOpen || this.box.scrollHeight
        <= this.box.clientHeight)
      return;
    if (this.box.scrollTop < 20 && this.more.before)
      this.earlier();
    else if (this.more.after && this.atEnd())
      this.later();
  }

  // Times in another zone.
  rezone() {
    for (const one of this.shown)
      setText(one.element.firstChild, showTime(one.time, 'line'));
    this.say();
  }

  say(found = null) {
    const count = this.shown.length;
    const filters = this.query.q || this.query.level;
    let text = count === 0 ? filters ? 'No line fits.' : 'No lines yet.'
      : `${plural(count, 'line')} shown`
        + `${this.more.before ? ', earlier ones above' : ', from the first'}`
        + `${this.more.after ? ', later ones below.' : ' to the last so far.'}`;
    if (this.busy)
      text = found === null ? 'Looking …'
        : `Looking: ${plural(found, 'line')} so far …`;
    if (this.found)
      text = this.found + ' ' + text;
    if (count > 0)
      text += ` The first is of ${showTime(this.shown[0].time)}; times are `
        + `${zones.name()}.`;
    setText(this.state, text);
    setAttribute(this.box, 'aria-busy', this.busy ? 'true' : null);
    this.buttons.earlier.disabled = !this.busy && !this.more.before;
    this.buttons.later.disabled = !this.busy && !this.more.after
      && !runs(this.page.task || {});
  }

  // The whole log as a file. The token goes as a header, which a link has not.
  async save() {
    const {save} = this.buttons;
    save.disabled = true;
    try {
      const token = sessionStorage.getItem('token');
      const answer = await fetch(taskPath(this.page.id) + '/logs.txt',
        {headers: token ? {Authorization: 'Bearer ' + token} : {}});
      if (!answer.ok)
        throw new ApiError(answer.status, answer.status === 404
          ? 'This syncctl has no log to download.'
          : `The log could not be had: HTTP ${answer.status}.`);
      const url = URL.createObjectURL(await answer.blob());
      const anchor = document.createElement('a');
      anchor.href = url;
      anchor.download = this.page.id.replace(/[^A-Za-z0-9._-]+/g, '_') + '.log';
      anchor.click();
      setTimeout(() => URL.revokeObjectURL(url), 60000);
      tell('log');
    } catch (error) {
      tell('log', error);
    }
    save.disabled = false;
  }
}
