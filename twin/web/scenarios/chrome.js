// What stands around the two maps: bar, rail with its panel, toolbar of the comparison, camera buttons, legend, notices.

import {fillBar} from '../map/bar.js';
import {debounced, fill, h, icon, select} from '../map/dom.js';
import {pageAddress} from '../map/pages.js';
import {say, text} from '../map/text.js';
import {refresh} from '../analysis/refresh.js';
import {SHOWS, VIEWS} from './address.js';
import {t} from './text.js';

const ICONS = {list: 'scenario', table: 'result', edits: 'versions', annotations: 'annotations', share: 'share'};
const ofMap = (key, values) => text(`map.${key}`, values);

export class Chrome {
  #legendClosed = false;

  constructor(page, names) {
    Object.assign(this, {page, names});
    this.top = h('header.tw-top');
    this.rail = h('nav.tw-rail.sc-rail');
    this.panel = h('section.sc-panel', {id: 'sc-panel', 'data-evidence-beside': ''});
    this.tools = h('div.sc-toolbar', {role: 'toolbar'});
    this.maps = h('div.sc-maps');
    this.nav = h('div.tw-nav');
    this.legends = h('section.tw-legend.sc-legend', {hidden: true});
    this.progress = h('div.tw-progress', {role: 'progressbar', hidden: true});
    this.message = h('div.tw-message', {role: 'status', 'aria-live': 'polite'});
    this.foot = h('footer.sc-foot');
    this.frame = h('main.sc-frame', {}, this.tools, h('div.sc-view', {}, this.maps, this.nav, this.legends, this.foot, this.progress, this.message));
    page.host.replaceChildren(this.top, this.rail, this.panel, this.frame);
    this.hush = debounced(() => this.message.classList.remove('tw-shown'), 5000);
    this.slow = debounced(() => { this.progress.hidden = !this.busy; }, 200);
  }

  /** All of it in the present language and theme. */
  render() {
    this.#top();
    this.#rail();
    this.open(this.page.state.panel, false);
    this.toolbar();
    this.#nav();
    this.#foot();
    this.legend();
    this.progress.setAttribute('aria-label', ofMap('loading'));
  }

  #top() {
    const {page} = this;
    const {twin} = page;
    const all = {key: 'all', name: ofMap('places.all'), go: () => page.flyTo(twin.bounds)};
    fillBar(this.top, {
      page: 'scenarios', twin,
      items: [...(twin.bounds ? [all] : []), ...twin.places.map((place) => ({key: place.fid, name: say({zh: place.name, en: place.name_en}),
        go: () => page.pair.fly({longitude: place.lon, latitude: place.lat, zoom: 14.2})}))],
      choose: {language: (value) => page.look({language: value}), theme: (value) => page.look({theme: value})},
    });
  }

  #rail() {
    this.rail.setAttribute('aria-label', ofMap('tools'));
    fill(this.rail, this.names.map((name) => h('button.tw-rail-button', {
      type: 'button', 'data-panel': name, 'aria-pressed': String(this.page.state.panel === name), 'aria-controls': 'sc-panel',
      onclick: () => this.open(this.page.state.panel === name ? '' : name),
    }, icon(ICONS[name]), h('span', {}, t(`panel.${name}`)))));
  }

  /** Open a panel; '' closes. */
  open(name, focus = true) {
    const {page} = this;
    page.state.panel = name;
    page.panels.annotations.opened(name);
    for (const button of this.rail.children) button.setAttribute('aria-pressed', String(button.dataset.panel === name));
    this.panel.hidden = !name;
    page.host.classList.toggle('sc-with-panel', Boolean(name));
    if (name) {
      const body = h('div.tw-panel-body');
      this.panel.setAttribute('aria-label', page.panels[name].title);
      this.panel.dataset.panel = name;
      fill(this.panel, h('div.tw-head', {}, h('h2', {}, page.panels[name].title), h('button.tw-quiet', {type: 'button', 'aria-label': t('close'), onclick: () => this.escape()}, icon('close'))), body);
      page.panels[name].render(body);
      if (focus) body.querySelector('button, input, select')?.focus();
    } else fill(this.panel);
    page.changed();
  }

  escape() {
    const {panel} = this.page.state;
    if (!panel) return false;
    this.open('');
    this.rail.querySelector(`[data-panel="${panel}"]`)?.focus();
    return true;
  }

  /** Which two are compared, how, and what colours them. */
  toolbar() {
    const {page} = this;
    const {state, records} = page;
    this.tools.setAttribute('aria-label', t('toolbar'));
    const options = [['', t('base')], ...records.list.map((item) => [item.id, item.name])];
    const chooser = (side) => {
      const box = select(t(`side.${side}`), options, state[side], (id) => page.choose(side, id));
      box.dataset.key = `choose-${side}`;
      return h('label.sc-choice', {}, h('b', {'aria-hidden': 'true'}, side.toUpperCase()), box);
    };
    const group = (key, values, chosen, choose) => h('span.an-tabs', {role: 'group', 'aria-label': t(key)}, values.map((value) => h('button', {
      type: 'button', 'data-key': `${key}-${value}`, 'aria-pressed': String(chosen === value), onclick: () => choose(value),
    }, t(`${key}.${value || 'plain'}`))));
    const hold = (on) => () => page.hold(on);
    refresh(this.tools,
      h('div.sc-choices', {}, chooser('a'), h('button.tw-quiet', {type: 'button', 'data-key': 'swap', 'aria-label': t('swap'), title: t('swap'), onclick: () => page.swap()}, '⇄'), chooser('b')),
      group('view', VIEWS, state.view, (view) => page.arrange(view)),
      group('show', SHOWS, state.show, (show) => page.paint(show)),
      h('button.tw-button.sc-hold', {type: 'button', 'data-key': 'hold', 'aria-pressed': String(page.pair?.held ?? false), title: t('hold.help'),
        onpointerdown: hold(true), onpointerup: hold(false), onpointerleave: hold(false), onblur: hold(false), onkeyup: hold(false),
        onkeydown: (event) => { if (event.key === ' ' || event.key === 'Enter') { event.preventDefault(); page.hold(true); } }}, t('compare.hold')));
  }

  #nav() {
    const {page} = this;
    const button = (name, symbol, change) => h('button.tw-nav-button', {type: 'button', 'data-nav': name, 'aria-label': ofMap(`nav.${name}`), title: ofMap(`nav.${name}`), onclick: () => { const {view} = page.pair; if (view) page.pair.fly(change(view), 400); }}, icon(symbol));
    this.nav.setAttribute('aria-label', ofMap('nav'));
    fill(this.nav, button('north', 'compass', () => ({bearing: 0})), button('tilt', 'tilt', ({pitch}) => ({pitch: pitch > 5 ? 0 : 55})),
      button('in', 'plus', ({zoom}) => ({zoom: Math.min(20, zoom + 1)})), button('out', 'minus', ({zoom}) => ({zoom: Math.max(7, zoom - 1)})));
  }

  #foot() {
    const {twin} = this.page;
    fill(this.foot, twin.as_of ? h('span', {}, ofMap('as_of', {date: twin.as_of})) : null,
      twin.sources.length ? h('span', {title: twin.sources.join('; ')}, ofMap('sources', {names: twin.sources.join(ofMap('comma'))})) : null);
  }

  /** What the colours of the maps mean. */
  legend() {
    const {pair, state} = this.page;
    const stage = pair?.b?.legends().length ? pair.b : pair?.a;
    const parts = (stage?.app?.store ? stage.legends() : []).filter((part) => part.entries.length);
    this.legends.hidden = !parts.length || !state.show;
    this.legends.setAttribute('aria-label', ofMap('legend'));
    fill(this.legends, h('button.tw-legend-head', {type: 'button', 'aria-expanded': String(!this.#legendClosed), onclick: () => { this.#legendClosed = !this.#legendClosed; this.legend(); }}, h('span', {}, ofMap('legend')), icon('down')),
      this.#legendClosed ? null : parts.slice(0, 2).map((part) => h('div.tw-legend-part', {}, h('h3', {}, typeof part.title === 'string' ? part.title : say(part.title)),
        h('ul', {}, part.entries.map((entry) => h('li', {}, h('i.tw-swatch', {style: `background:${entry.color}`}), h('span', {}, say(entry))))))));
  }

  loading(busy) {
    this.busy = busy;
    this.page.host.setAttribute('aria-busy', String(busy));
    if (busy) this.slow();
    else { this.slow.cancel(); this.progress.hidden = true; }
  }

  /** One sentence for a moment. */
  say(sentence) {
    fill(this.message, sentence);
    this.message.classList.add('tw-shown');
    this.hush();
  }

  /** A home without data says what to do. */
  empty() {
    this.maps.append(h('div.tw-empty', {}, h('div.tw-empty-box', {}, h('h2', {}, ofMap('empty.title')), h('p', {}, ofMap('empty.text')),
      h('dl', {}, h('dt', {}, ofMap('empty.demo')), h('dd', {}, h('code', {}, '.venv/bin/python -m twin demo'))),
      h('a.tw-button.tw-primary', {href: pageAddress('data')}, ofMap('empty.open')))));
  }
}
