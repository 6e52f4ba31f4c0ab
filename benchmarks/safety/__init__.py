"""Long campaigns that try to make the service break a promise, and the judges that would tell."""
