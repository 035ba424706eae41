/* Lists of the form to which somebody adds items: kernels, conditions, groups. */

class ItemList {
  /**
   * `name` is what an item is called. `newItem(number)` makes one, an object with an `element`, whose
   * fields have the number in their names; no number is used twice. `whenAdded(item)` completes what
   * is in the document by now.
   */
  constructor({ name, place, button, least = 0, most, newItem, whenAdded }) {
    Object.assign(this, { name, place, button, least, most, newItem, whenAdded });
    Object.assign(this, { items: [], made: 0 });
    button.addEventListener("click", () => {
      this.add().element.querySelector("select, input").focus();
      formChanged();
    });
    this.showButtons();
  }

  add() {
    const item = this.newItem(this.made);
    this.made += 1;
    item.remove = make("button", { type: "button", class: "remove" }, "Remove");
    item.remove.addEventListener("click", () => this.remove(item));
    item.element.append(item.remove);
    this.items.push(item);
    this.place.append(item.element);
    this.whenAdded(item);
    this.showButtons();
    return item;
  }

  /** Removes an item; the focus goes to the one that takes its place, or to the button that adds. */
  remove(item) {
    const at = this.items.indexOf(item);
    this.drop(item);
    const heir = this.items[at] ?? this.items[at - 1];
    (heir && !heir.remove.hidden ? heir.remove : this.button).focus();
    announce(`${this.name} ${at + 1} removed`);
    formChanged();
  }

  drop(item) {
    this.items.splice(this.items.indexOf(item), 1);
    item.element.remove();
    this.showButtons();
  }

  /** Makes it a list of `size` items; those that stay keep their elements, and the focus. */
  setSize(size) {
    const wanted = Math.max(this.least, size);
    while (this.items.length > wanted) this.drop(this.items.at(-1));
    while (this.items.length < wanted) this.add();
  }

  showButtons() {
    setHidden(this.button, this.items.length >= this.most);
    this.items.forEach(({ element, remove }, at) => {
      const label = `${this.name} ${at + 1}`;
      setAttribute(element, "aria-label", label);
      setAttribute(remove, "aria-label", `Remove ${label.toLowerCase()}`);
      setHidden(remove, this.items.length <= this.least);
    });
  }
}
