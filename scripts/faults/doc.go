// Command faults makes, one after another, the faults that loadgate's validity
// checks are there for, with the shipped binary, and prints what each check said;
// beside it the same load without the fault, where it must be quiet.
//
//	scripts/faults/run                  # all, about three minutes
//	scripts/faults/run send_lateness    # some
//
// It needs Linux, two cores and nothing else at work on them; as root it can also
// limit the client's CPU by a cgroup. Faults that cannot be made from outside are
// listed with the reason, and stand in tests.
package main
