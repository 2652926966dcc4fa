// Windows of long lists: a page at a time, whatever their length.

// Goes through pages whose places the API gives. `load` shows the page that
// begins at `place`; '' is the first one. The place is kept in the address as
// `name`.
class Pager {
  constructor(name, place, load, words = ['Previous', 'Next']) {
    this.name = name;
    // Places before this page, as far as they are known.
    this.before = place ? [''] : [];
    this.place = place || '';
    this.next = '';
    this.back = button(words[0], () => this.go(this.before.pop() ?? ''));
    this.forth = button(words[1], () => {
      this.before.push(this.place);
      this.go(this.next);
    });
    this.words = make('span', {class: 'soft small', role: 'status'});
    this.load = load;
    this.element = make('div', {class: 'row apart pager'}, this.back, this.words,
      this.forth);
  }

  go(place) {
    this.place = place;
    keepInHash({[this.name]: place});
    this.load();
  }

  // To the first page, since other things are looked for.
  reset() {
    this.before = [];
    this.place = '';
    keepInHash({[this.name]: ''});
  }

  show(next, text = '') {
    this.next = next || '';
    // A button that has the focus would lose it.
    this.back.disabled = this.place === '';
    this.forth.disabled = this.next === '';
    this.element.hidden = this.back.disabled && this.forth.disabled && !text;
    setText(this.words, text);
  }
}

// Shows `size` of the items that are at hand, from `first` on.
class LocalPager {
  constructor(size, show) {
    this.size = size;
    this.show = show;
    this.first = 0;
    this.items = [];
    this.back = button('Previous', () => this.move(-this.size));
    this.forth = button('Next', () => this.move(this.size));
    this.words = make('span', {class: 'soft small', role: 'status'});
    this.element = make('div', {class: 'row apart pager', hidden: true},
      this.back, this.words, this.forth);
  }

  move(by) {
    this.first += by;
    this.update(this.items);
  }

  update(items) {
    this.items = items;
    const last = Math.max(0,
      Math.floor((items.length - 1) / this.size) * this.size);
    this.first = Math.max(0, Math.min(this.first, last));
    const end = Math.min(items.length, this.first + this.size);
    this.element.hidden = items.length <= this.size;
    this.back.disabled = this.first === 0;
    this.forth.disabled = end === items.length;
    setText(this.words, `${showNumber(this.first + 1)} to ${showNumber(end)} of `
      + showNumber(items.length));
    this.show(items.slice(this.first, end));
  }
}

// A table whose head sorts. `columns` are {key, text, class, sort}; `sort`
// gives what a row is compared by.
class Table {
  constructor(caption, columns, sorted = '') {
    this.columns = columns;
    this.by = sorted.replace(/^-/, '');
    this.down = sorted.startsWith('-');
    this.onSort = null;
    this.body = make('tbody');
    this.heads = columns.map(column => {
      const head = make('th', {scope: 'col', class: column.class});
      if (column.sort) {
        head.append(make('button', {type: 'button', class: 'sort',
          click: () => this.sortBy(column.key)}, column.text));
      } else {
        head.append(column.hidden
          ? make('span', {class: 'away'}, column.text) : column.text);
      }
      return head;
    });
    this.element = make('div', {class: 'scroll', tabindex: '0', role: 'region',
      'aria-label': `Table: ${caption}`},
    make('table', {}, make('caption', {class: 'away'}, caption),
      make('thead', {}, make('tr', {}, this.heads)), this.body));
    this.markHeads();
  }

  sortBy(key) {
    this.down = this.by === key ? !this.down : false;
    this.by = key;
    this.markHeads();
    this.onSort?.((this.down ? '-' : '') + key);
  }

  markHeads() {
    this.columns.forEach((column, i) => {
      if (!column.sort)
        return;
      const is = column.key === this.by;
      setAttribute(this.heads[i], 'aria-sort',
        is ? this.down ? 'descending' : 'ascending' : null);
    });
  }

  sort(items) {
    const column = this.columns.find(one => one.key === this.by);
    if (!column || !column.sort)
      return items;
    const factor = this.down ? -1 : 1;
    return items.map((item, i) => [column.sort(item), i, item]).sort((a, b) =>
      factor * (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) || a[1] - b[1])
      .map(([, , item]) => item);
  }
}
