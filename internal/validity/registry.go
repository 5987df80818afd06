package validity

// registry holds every check: one line a check.
var registry = []Definition{
	sendLateness,
	achievedRate,
	unsentRequests,
	concurrencyReached,
	clientCPU,
	clientSteal,
	clientThrottling,
	clientLag,
	sharedStamps,
	blurredTimes,
	clientSockets,
	conservation,
	clock,
	sampleSize,
	warmUp,
	stationarity,
	serverErrors,
	tokenCounts,
	outputLength,
	prefixCache,
}
