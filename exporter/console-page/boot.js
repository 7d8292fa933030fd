// SPDX-License-Identifier: Apache-2.0
// Loads the page's modules, some sixty files. A browser gives up all requests under way when the machine's network
// changes (a VPN, a cable, a new interface), and remembers a module that failed: then only loading the page again helps.
// The ticket is still in the fragment and not used.

const ATTEMPTS_MAX = 4;
const PAUSE_MS = 300;

try {
  await import('./console.js');
} catch (error) {
  const attempt = (history.state?.attempt ?? 0) + 1;
  const state = document.getElementById('state');
  if (attempt < ATTEMPTS_MAX) {
    state.textContent = 'The page did not load whole; loading it again…';
    history.replaceState({ attempt }, '');
    setTimeout(() => location.reload(), PAUSE_MS);
  } else {
    state.textContent = `The page could not be loaded; reload it. (${error.message})`;
  }
}
