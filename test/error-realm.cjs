// SPDX-License-Identifier: Apache-2.0
// Jest runs tests in a realm of its own, whose `Error` is not the one of Node's modules: `error instanceof Error` would
// be false for what `fs` and `net` throw, and code that is right would fail. Here it is as it is outside of jest.
const { types } = require('node:util');

const ordinary = Function.prototype[Symbol.hasInstance];

Object.defineProperty(Error, Symbol.hasInstance, {
  value(candidate) {
    if (ordinary.call(this, candidate)) return true;
    // Subclasses inherit this function; only `Error` itself takes in the other realm's errors.
    if (this !== Error) return false;
    return types.isNativeError(candidate) || Object.prototype.toString.call(candidate) === '[object DOMException]';
  },
});
