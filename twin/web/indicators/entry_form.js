// Entering a value by hand: value, date, source, who and why; the server checks, and says what is wrong.

import {fill, h} from '../map/dom.js';
import {say} from '../map/text.js';
import {send} from '../page/api.js';
import {note} from '../page/dialog.js';
import {told} from '../page/text.js';
import {unitOf} from './figures.js';
import {t} from './text.js';

const AUTHOR = 'twin.author';
const remembered = () => { try { return localStorage.getItem(AUTHOR) ?? ''; } catch { return ''; } };
const remember = (name) => { try { localStorage.setItem(AUTHOR, name); } catch { /* private window */ } };

/** What a typed number means: thousands commas and a per cent sign are left out; as it is where it is no number. */
const numberOf = (text) => {
  const bare = text.trim().replace(/[,，\s]/g, '').replace(/[%％]$/, '');
  return bare !== '' && Number.isFinite(Number(bare)) ? Number(bare) : text.trim();
};

const today = () => {
  const now = new Date();
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`;
};

/** The form of a row; `saved(row)` gets the answer of the server. */
export function entryForm(page, row, saved) {
  const field = (name, attributes = {}) => h('input', {type: 'text', name, autocomplete: 'off', ...attributes});
  const inputs = {
    value: field('value', {inputmode: 'decimal', required: true}),
    date: field('date', {type: 'date', required: true, value: today(), min: '2000-01-01', max: today()}),
    source: field('source', {required: true, maxlength: 400, placeholder: t('form.source.example')}),
    author: field('author', {maxlength: 80, value: remembered(), autocomplete: 'name'}),
    note: h('textarea', {name: 'note', rows: 2, maxlength: 2000}),
  };
  const wrong = h('p.failure', {role: 'alert', hidden: true});
  const save = h('button.primary', {type: 'submit'}, t('form.save'));
  const label = (name, wide = false) => h(wide ? 'label.ind-field.wide' : 'label.ind-field', {},
    h('span', {}, t(`form.${name}`), name === 'value' && unitOf(row) ? ` (${unitOf(row)})` : ''), inputs[name]);
  const submit = async (event) => {
    event.preventDefault();
    const missing = ['value', 'date', 'source'].find((name) => !inputs[name].value.trim());
    if (missing) {
      fill(wrong, t('form.missing', {field: t(`form.${missing}`)}));
      wrong.hidden = false;
      inputs[missing].focus();
      return;
    }
    save.disabled = true;
    wrong.hidden = true;
    try {
      const text = (name) => inputs[name].value.trim();
      const answer = await send('POST', `/api/indicators/${row.no}`, {value: numberOf(inputs.value.value), date: text('date'), source: text('source'), author: text('author'), note: text('note')});
      remember(text('author'));
      for (const name of ['value', 'note']) inputs[name].value = '';
      note(page.root, t('form.saved', {name: say(row.name)}));
      saved(answer);
    } catch (error) {
      fill(wrong, told(error));
      wrong.hidden = false;
    }
    save.disabled = false;
  };
  return h('form.ind-form', {'data-form': row.no, novalidate: true, onsubmit: submit},
    label('value'), label('date'), label('source', true), label('author'), label('note', true), wrong, h('div.buttons.wide', {}, save));
}
