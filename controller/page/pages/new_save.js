// Saves the sync of a form: what is wrong stands at its field, and the keyboard's
// place is there.

Object.assign(NewPage.prototype, {
  readOnly(why) {
    this.isRefused = true;
    setText(this.problem, why);
    this.saveAndRun.disabled = this.saveOnly.disabled = true;
  },

  // Shows the first thing that is wrong. @returns whether all is well.
  check() {
    if (!this.form) {
      setText(this.problem, 'Choose a connector and get its form first.');
      this.package.focus();
      return false;
    }
    return this.form.check()
      && this.chooser.expect()
      && this.destinationForms.get(this.kind.type).check()
      && this.name.expect(faultOfName(this.id.value.trim()))
      && this.schedule.check() && this.options.check() && this.more.check();
  },

  async save(isRun) {
    if (this.isSaving)
      return;
    const id = this.id.value.trim();
    setText(this.problem, '');
    if (!this.check())
      return;
    // Buttons that are disabled would lose the keyboard's place.
    const busy = is => {
      this.isSaving = is;
      for (const one of [this.saveAndRun, this.saveOnly])
        setAttribute(one, 'aria-disabled', is ? 'true' : null);
    };
    busy(true);
    try {
      const saved = await ask(syncPath(id), {method: 'PUT',
        body: JSON.stringify(this.definition()), headers: this.editId
          ? {'If-Match': `"${this.version_}"`} : {'If-None-Match': '*'}});
      this.forgetDraft();
      changeNotes.set(id, listOf(saved.notes).map(textOf));
      // Whoever went elsewhere meanwhile stays there.
      if (open.page !== this)
        announce(`The sync ${id} is saved`);
      else if (isRun)
        await this.openRun(id);
      else
        goTo(link(['sync', id]));
    } catch (error) {
      if (error.status === 412 && this.editId)
        await this.showConflict(isRun);
      else if (error.status === 412)
        this.name.expect('There is a sync of this name already.');
      else
        this.showRefusal(error, isRun ? this.saveAndRun : this.saveOnly);
    }
    busy(false);
  },

  // Puts what the server says of a definition at the field that it is about.
  showRefusal(error, from) {
    const text = wordsOf(error);
    const name = /^the sync's id in the path (.*)$/s.exec(text);
    const found = /^the body's ([A-Za-z]+)((?:\.[^\s.[\]]+|\[\d+\])*) (.*)$/s
      .exec(text);
    if (name) {
      this.name.expect(`It ${name[1]}.`);
    } else if (found) {
      const [, part, rest, why] = found;
      const path = rest.split(/[.[\]]+/).filter(Boolean);
      this.refuseAt(part, path, why);
    } else {
      setText(this.problem, text);
      from.focus();
    }
  },

  refuseAt(part, path, why) {
    const words = `It ${why}.`;
    if (part === 'schedule')
      this.schedule.refuse(why);
    else if (part === 'streams')
      this.chooser.expect(`What is chosen here ${path.length > 0
        ? `(${path.join('.')}) ` : ''}${why}.`);
    else if (part === 'destination')
      this.destinationForms.get(this.kind.type).refuse(path, words);
    else if (part === 'options')
      this.options.refuse(path, words);
    else if (part !== 'source')
      this.more.refuse([part, ...path], words);
    else if (Object.hasOwn(this.imageFields, path[0]))
      this.imageFields[path[0]].expect(words);
    else
      this.form.refuse(path.slice(1), words);
  },

  // It is saved: a form that is opened next begins empty.
  forgetDraft() {
    this.isGone = true;
    sessionStorage.removeItem(this.key);
    openForms.delete(this.key);
    this.close = () => {};
  },

  async openRun(id) {
    try {
      const run = await ask(syncPath(id) + '/run', {method: 'POST'});
      goTo(link(['run', run.taskId], {sync: id}));
    } catch (error) {
      this.readOnly('');
      const on = make('a', {href: link(['sync', id])},
        'The sync, from where it can be run');
      this.problem.replaceChildren('The sync is saved, but its run did not '
        + `begin: ${wordsOf(error)} `, on);
      on.focus();
    }
  }
});
