// The lines of a log as elements, and the window that they make.

Object.assign(Log.prototype, {
  row(line) {
    const time = make('a', {href: link(['run', this.page.id],
      {...this.query, line: line.cursor}), tabindex: '-1',
    title: line.timestamp}, showTime(line.timestamp, 'line'));
    const cut = line.message.length - longestMessage;
    const text = cut > 0 ? line.message.slice(0, longestMessage)
      + `… (${showNumber(cut)} more characters)` : line.message;
    const out = make('div', {class: 'line'}, time,
      make('span', {class: 'level value'}, line.level),
      make('span', {class: 'soft value'}, line.logger),
      make('span', {class: 'message value'}, this.marked(text)));
    if (levels.includes(line.level))
      out.classList.add(line.level);
    if (line.cursor === this.chosen)
      out.classList.add('chosen');
    return {time: line.timestamp, cursor: line.cursor, element: out};
  },

  // The words that are looked for, marked.
  marked(text) {
    const wanted = (this.query.q || '').toLowerCase().split(/\s+/)
      .filter(Boolean);
    const low = text.toLowerCase();
    if (wanted.length === 0 || low.length !== text.length)
      return [text];
    const out = [];
    let from = 0;
    while (out.length < 200) {
      const found = wanted.map(word => ({word, at: low.indexOf(word, from)}))
        .filter(one => one.at >= 0).sort((a, b) => a.at - b.at)[0];
      if (!found)
        break;
      const end = found.at + found.word.length;
      out.push(text.slice(from, found.at),
        make('mark', {}, text.slice(found.at, end)));
      from = end;
    }
    return [...out, text.slice(from)];
  },

  append(lines) {
    // The last lines may come a second time, from before and from behind.
    const last = new Set(this.shown.slice(-linesPerPage).map(one => one.cursor));
    lines = lines.filter(line => !last.has(line.cursor));
    if (lines.length === 0)
      return;
    const atBottom = this.follow.checked && this.atEnd();
    const added = lines.slice(-mostLines).map(line => this.row(line));
    // What is visible would go: one goes on reading at the last line.
    const cut = this.shown[Math.min(this.shown.length,
      this.shown.length + added.length - mostLines) - 1]?.element;
    if (cut && cut.offsetTop + cut.offsetHeight > this.box.scrollTop)
      this.box.scrollTop = this.box.scrollHeight;
    const height = this.box.scrollHeight;
    const top = this.box.scrollTop;
    this.box.append(...added.map(one => one.element));
    this.shown.push(...added);
    const gone = this.shown.splice(0,
      Math.max(0, this.shown.length - mostLines));
    const grown = this.box.scrollHeight;
    for (const one of gone)
      one.element.remove();
    if (gone.length > 0) {
      this.more.before = true;
      this.box.scrollTop = top - (grown - this.box.scrollHeight);
    }
    if (atBottom || height === 0)
      this.box.scrollTop = this.box.scrollHeight;
  },

  prepend(lines) {
    const known = new Set(this.shown.map(one => one.cursor));
    lines = lines.filter(line => !known.has(line.cursor));
    if (lines.length === 0)
      return;
    const added = lines.slice(-mostLines).map(line => this.row(line));
    // What is visible would go: one goes on reading at the first line.
    const cut = this.shown[mostLines - added.length]?.element;
    if (cut && cut.offsetTop < this.box.scrollTop + this.box.clientHeight)
      this.box.scrollTop = 0;
    const height = this.box.scrollHeight;
    const top = this.box.scrollTop;
    this.box.prepend(...added.map(one => one.element));
    this.shown.unshift(...added);
    // What is above one's place moves it down by its height.
    this.box.scrollTop = top + this.box.scrollHeight - height;
    const gone = this.shown.splice(mostLines);
    for (const one of gone)
      one.element.remove();
    if (gone.length > 0) {
      this.more.after = true;
      this.tail = this.shown.at(-1).cursor;
    }
  }
});
