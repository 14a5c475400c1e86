// What an edit of a scenario does, as the 5G page says it.

import {say} from '../map/text.js';
import {t} from './text.js';

/** An edit in words. `layers`: the city's layers by id; `edits`: all of its scenario; `name`: what the layer calls the object, '' where unknown. */
export function editText(edit, {layers, edits, name}) {
  const added = edit.fid < 0 && edits.find((item) => item.id === -edit.fid)?.values?.name;
  const site = name || added || say(layers[edit.layer]?.title) || edit.layer;
  const values = edit.values ?? {};
  if (edit.kind === 'add') return t('edit.add', {site: values.name || site});
  if (edit.kind === 'move') return t('edit.move', {site});
  if (edit.kind === 'remove') return t('edit.remove', {site});
  if (edit.kind === 'build') return t('edit.build', {name: edit.name || say(layers.building?.title)});
  if (edit.kind !== 'change') return t('edit.other');
  if (values.status) return t(values.status === 'off' ? 'edit.off' : 'edit.on', {site});
  return t('edit.sectors', {site});
}
