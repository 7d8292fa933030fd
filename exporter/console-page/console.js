// SPDX-License-Identifier: Apache-2.0
// The page of one console. It gets everything from its ticket: whose screen, which mode, and at the end why it ended and,
// when the domain comes back, the next ticket. It keeps nothing.

import RFB from './novnc/core/rfb.js';
import { Channel } from './channel.js';
import { ENDS } from './ends.js';
import { COMBINATIONS, press } from './keys.js';
import { openTerminal } from './terminal.js';

const ATTEMPTS_MAX = 3;
const RETRY_MS = 500;

const at = (id) => document.getElementById(id);
const screen = at('screen');
let rfb = null;
let terminal = null;
let channel = null;
let session = null;
let nextTicket = null;
let ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
/** Attempts to open the WebSocket with one ticket. */
let attempts = 0;

function say(text) {
  at('state').textContent = text;
}

function explain(title, text, advice) {
  at('notice-title').textContent = title;
  at('notice-text').textContent = text;
  at('notice-advice').textContent = advice;
  at('notice').hidden = false;
}

function open() {
  attempts += 1;
  nextTicket = null;
  say('Connecting to Vireo…');
  channel = new Channel(ticket, { onNotice: notice, onClose: closed });
}

function notice(message) {
  if (message.type === 'session') showSession(message);
  else if (message.type === 'waiting') {
    say(
      message.state === 'host-lost'
        ? 'Waiting for the host…'
        : `The domain is ${message.state}; waiting until it runs…`,
    );
  } else if (message.type === 'connecting') say('Connecting to the console…');
  else if (message.type === 'open') say('Connected.');
  else if (message.type === 'ending') say('The hypervisor closed the console; asking why…');
  else if (message.type === 'return') nextTicket = message.ticket;
}

function showSession(message) {
  session = message;
  const { domain, host, mode, kind, sessions } = session;
  document.title = `${domain} on ${host}`;
  at('title').textContent = `${domain} on ${host}`;
  at('mode').textContent = mode === 'view' ? 'View only' : 'Control';
  at('mode').title = `${sessions} ${sessions === 1 ? 'session' : 'sessions'} of this domain`;
  at('mode').hidden = false;
  at('notice').hidden = true;
  at('tools').hidden = false;
  screen.tabIndex = 0;
  for (const tool of document.querySelectorAll('[data-needs]')) {
    tool.hidden = !tool.dataset.needs.split(' ').every((need) => need === mode || need === kind);
  }
  if (kind === 'vnc') showScreen();
  else void showTerminal(channel);
}

async function showTerminal(own) {
  try {
    const opened = await openTerminal(screen, own, session.mode === 'control');
    // It may have ended while xterm.js was loading.
    if (own === channel && own.readyState === WebSocket.OPEN) terminal = opened;
    else opened.dispose();
  } catch (error) {
    say('Not shown.');
    explain('The text console cannot be shown', `${error.message}.`, 'Open the console again.');
  }
}

function showScreen() {
  rfb = new RFB(screen, channel, { shared: true });
  channel.flush();
  rfb.viewOnly = session.mode === 'view';
  rfb.scaleViewport = at('scale').getAttribute('aria-pressed') === 'true';
  rfb.background = 'transparent';
  rfb.addEventListener('connect', () => rfb.focus());
}

function closed({ code, reason }, opened) {
  rfb?.disconnect();
  rfb = null;
  terminal?.dispose();
  terminal = null;
  screen.replaceChildren();
  screen.tabIndex = -1;
  at('tools').hidden = true;
  if (nextTicket !== null) {
    say(reason);
    ticket = nextTicket;
    attempts = 0;
    open();
    return;
  }
  // It never got through, so the ticket is as good as before: perhaps only the network changed.
  if (!opened && attempts < ATTEMPTS_MAX) {
    setTimeout(open, RETRY_MS);
    return;
  }
  say('Ended.');
  const end = ENDS[code];
  if (end !== undefined) explain('The console has ended', reason || end[0], end[1]);
  else if (opened) {
    explain(
      'The connection broke',
      `Code ${code}.`,
      'Look at the network and the proxies between, then open the console again.',
    );
  } else void explainNoSocket();
}

/** A browser does not say why a WebSocket was refused. Asked without one, the same path tells. */
async function explainNoSocket() {
  try {
    const answer = await fetch('../api/v1/console', { cache: 'no-store' });
    if (answer.status === 426) {
      explain(
        'The WebSocket was refused',
        'Vireo is reached, but not its WebSocket: a proxy takes the Upgrade away, or this page’s origin is not allowed.',
        'See “WebSocket” in docs/consoles.md: the proxy’s Upgrade lines, and console.publicUrl.',
      );
      return;
    }
    explain('The WebSocket was refused', `Status ${answer.status}.`, 'Look at the proxy between and at Vireo’s log.');
  } catch {
    explain('Vireo cannot be reached', 'Nothing answers.', 'Look whether it runs, then open the console again.');
  }
}

async function typeText(text) {
  if (terminal !== null) {
    terminal.type(text.replaceAll(/\r\n?|\n/g, '\r'));
    return;
  }
  say('Typing…');
  try {
    const answer = await fetch('../api/v1/console/text', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'X-Vireo-Console': session.key },
      body: JSON.stringify({ text }),
    });
    const said = await answer.json();
    say(answer.ok ? `Typed ${said.characters} characters.` : `Not typed: ${said.detail}.`);
  } catch {
    say('Not typed: Vireo cannot be reached.');
  }
}

function saveScreenshot() {
  rfb?.toBlob((blob) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = `${session.domain}.png`;
    link.click();
    URL.revokeObjectURL(link.href);
    say('The screenshot was saved.');
  }, 'image/png');
}

function wire() {
  for (const [index, { name }] of COMBINATIONS.entries()) at('keys').append(new Option(name, String(index)));
  at('ctrl-alt-del').addEventListener('click', () => rfb?.sendCtrlAltDel());
  // Not at the choice itself: with the arrow keys one chooses everything that is between.
  at('send-keys').addEventListener('click', () => {
    if (rfb !== null) press(rfb, COMBINATIONS[Number(at('keys').value)].keys);
  });
  at('type').addEventListener('click', () => {
    // It keeps what it was closed with, and Escape closes it with nothing.
    at('type-dialog').returnValue = '';
    at('type-dialog').showModal();
  });
  at('type-dialog').addEventListener('close', () => {
    const text = at('type-text').value;
    // Often a password.
    at('type-text').value = '';
    if (at('type-dialog').returnValue === 'type') void typeText(text);
    (rfb ?? terminal)?.focus();
  });
  at('scale').addEventListener('click', ({ currentTarget }) => {
    const scale = currentTarget.getAttribute('aria-pressed') !== 'true';
    currentTarget.setAttribute('aria-pressed', String(scale));
    if (rfb !== null) rfb.scaleViewport = scale;
  });
  at('full-screen').addEventListener('click', () => {
    if (document.fullscreenElement !== null) void document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(({ message }) => say(`No full screen: ${message}.`));
  });
  // Reached with Tab, the screen takes the keyboard; one that is only looked at would not let it go again.
  screen.addEventListener('focus', () => {
    if (session?.mode === 'control') (rfb ?? terminal)?.focus();
  });
  at('screenshot').addEventListener('click', saveScreenshot);
  // All keys go to the guest, Tab too: this is the way out for people without a pointer.
  document.addEventListener(
    'keydown',
    (event) => {
      if (!(event.ctrlKey && event.altKey && event.shiftKey) || at('tools').hidden) return;
      if (!screen.contains(document.activeElement)) return;
      event.preventDefault();
      event.stopPropagation();
      // noVNC lets go of all keys when the window loses the keyboard; else the guest would keep these pressed.
      window.dispatchEvent(new Event('blur'));
      [...document.querySelectorAll('#tools button, #tools select')]
        .find((tool) => tool.offsetParent !== null)
        ?.focus();
      say('The keyboard is at the tools; Tab moves, the screen takes it back when clicked or reached.');
    },
    true,
  );
}

wire();
// Out of the address bar and the history: it works only once, and nobody shall copy it for more.
history.replaceState(null, '', location.pathname);
if (ticket === null) {
  say('Ended.');
  explain('No ticket', 'This page shows a console only with a link that was made for it.', ENDS[4401][1]);
} else open();
