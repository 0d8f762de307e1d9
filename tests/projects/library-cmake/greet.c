#include "greet.h"
#include <number.h>

int greet(void) { return number() + 1; }
