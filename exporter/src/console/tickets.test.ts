// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';
import { TICKETS_MAX, TicketStore } from './tickets.ts';

function store(): { tickets: TicketStore<string>; pass: (ms: number) => void } {
  let now = 1_000_000;
  return {
    tickets: new TicketStore<string>(() => now),
    pass: (ms) => {
      now += ms;
    },
  };
}

function issue(tickets: TicketStore<string>, grant = 'vm1'): { ticket: string; expiresAt: number } {
  const issued = tickets.issue(grant);
  if (issued === undefined) throw new Error('no ticket');
  return issued;
}

describe('TicketStore', () => {
  it('gives what a ticket stands for once, and says of the second time that it was used', () => {
    const { tickets } = store();
    const { ticket } = issue(tickets);
    expect(tickets.redeem(ticket)).toEqual({ grant: 'vm1' });
    expect(tickets.redeem(ticket)).toEqual({ refused: 'ticket-used' });
  });

  it('takes a ticket until 30 seconds after it was issued, and no longer', () => {
    const { tickets, pass } = store();
    const [first, second] = [issue(tickets), issue(tickets)];
    expect(first.expiresAt).toBe(1_030_000);
    pass(29_999);
    expect(tickets.redeem(first.ticket)).toEqual({ grant: 'vm1' });
    pass(1);
    expect(tickets.redeem(second.ticket)).toEqual({ refused: 'ticket-expired' });
    expect(tickets.redeem(second.ticket)).toEqual({ refused: 'ticket-used' });
  });

  it('knows no ticket of another store, none that was changed, and nothing that has another form', () => {
    const { tickets } = store();
    const { ticket } = issue(tickets);
    const foreign = issue(store().tickets).ticket;
    const changed = `${ticket.startsWith('A') ? 'B' : 'A'}${ticket.slice(1)}`;
    for (const wrong of [foreign, changed, '', ticket.slice(1), `${ticket}A`, `${ticket}\n`, '__proto__']) {
      expect(tickets.redeem(wrong)).toEqual({ refused: 'ticket-unknown' });
    }
    expect(tickets.redeem(ticket)).toEqual({ grant: 'vm1' });
  });

  it('makes tickets of 256 bits and keeps none of them', () => {
    const { tickets } = store();
    const issued = Array.from({ length: 100 }, () => issue(tickets).ticket);
    expect(new Set(issued).size).toBe(100);
    for (const ticket of issued) {
      expect(Buffer.from(ticket, 'base64url')).toHaveLength(32);
      expect(inspect(tickets, { depth: 9, showHidden: true })).not.toContain(ticket);
    }
  });

  it('issues no more than it can remember, and again when one of them was used or has expired', () => {
    const { tickets, pass } = store();
    const first = issue(tickets);
    for (let i = 1; i < TICKETS_MAX; i++) issue(tickets);
    expect(tickets.issue('vm1')).toBeUndefined();
    tickets.redeem(first.ticket);
    const again = issue(tickets);
    expect(tickets.redeem(first.ticket)).toEqual({ refused: 'ticket-unknown' });
    expect(tickets.issue('vm1')).toBeUndefined();
    pass(29_999);
    expect(tickets.redeem(again.ticket)).toEqual({ grant: 'vm1' });
    pass(1);
    for (let i = 0; i < TICKETS_MAX; i++) issue(tickets);
    expect(tickets.issue('vm1')).toBeUndefined();
    pass(11 * 60_000);
    expect(tickets.issue('vm1')).toBeDefined();
  });
});
