// Package datafile gives a data file as plain bytes of JSON, CSV or text,
// whatever it is packed in.
//
// In: a path. Out: a File, whose bytes are read once from the front, to find
// the rows, and then again at any place, to fetch one:
//
//  1. file.go opens the file and says by its first bytes how it is packed, and
//     by its name what its rows are;
//  2. unpack.go undoes gzip, zstd and bzip2;
//  3. parquet.go and tree.go turn a Parquet file into one JSON object a line;
//  4. spool.go keeps what was unpacked, since it cannot be found again within
//     the packed file: a little in memory, more in a file without a name.
//
// So a file of any size takes little memory, and no place in it is far. What
// a row means is not this package's business: package datasets cuts and reads
// them.
package datafile
