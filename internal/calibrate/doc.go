// Package calibrate finds out up to which load loadgate's own numbers hold on this
// machine: it has the binary run loads of growing size against a server in another
// process that logs what it really wrote and when (internal/rawserver), and compares
// the stored samples with that log, request by request.
//
// In: functions that start the server and run a scenario. Out: one Reading a rung,
// and a Calibration, which is stored for this machine and this build and asked by
// `run` whether a cell lies beyond it.
//
// It measures nothing itself and reads only what a run stores for everybody.
package calibrate
