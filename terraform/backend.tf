# The state lies beside this file until `make state` has made a bucket for it; it prints the block
# that moves it there. No account, profile or bucket is named here.
