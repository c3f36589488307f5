// What a page does better with a script; every form works without.
"use strict";

document.documentElement.classList.add("scripted");
