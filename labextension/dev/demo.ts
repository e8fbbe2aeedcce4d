/** The page to look at the view with: `?scene=searching&theme=dark&live=1&select=18`. `play=1` adds a trial now and then; `measure=10000` counts costs. */

import '../style/view.css';
import { readSnapshot } from '../src/model/schema';
import { RunView } from '../src/view/view';
import { measure } from './measure';
import { make, SCENARIOS } from './scenarios';

const wish = new URLSearchParams(location.search);
const scene = wish.get('scene') ?? 'searching';
const live = wish.get('live') !== '0';
const log = document.querySelector('#log') as HTMLElement;

document.body.dataset['theme'] = wish.get('theme') ?? 'light';
document.body.dataset['jpThemeLight'] = String(wish.get('theme') !== 'dark');

const view = new RunView(live, command => {
  log.textContent = JSON.stringify(command);
});
document.querySelector('main')?.append(view.element);

const makeScene = SCENARIOS[scene];
const many = wish.get('measure');
if (many !== null) {
  void measure(view, Number(many), Number(wish.get('rounds') ?? 30)).then(found => {
    log.textContent = JSON.stringify(found);
  });
} else if (makeScene === undefined) {
  view.wait(`no scene ${scene}; known: ${Object.keys(SCENARIOS).join(', ')}`);
} else {
  const show = (given: unknown): void => {
    const snapshot = readSnapshot(given);
    view.update({ snapshot, now: snapshot.clock.now ?? 0, away: wish.get('away') === '1', notice: wish.get('notice'), answers: 0, sources: new Map() });
  };
  show(makeScene());
  const select = wish.get('select');
  view.look({ selected: select === null ? null : Number(select), all: wish.get('all') === '1' });
  if (wish.get('play') === '1') {
    let trials = 0;
    window.setInterval(() => {
      trials += 1;
      show(make({ trials, objectives: 2, elapsed: trials, running: 2 }));
    }, 500);
  }
}
