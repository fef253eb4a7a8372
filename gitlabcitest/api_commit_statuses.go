package gitlabcitest

func (s *Server) registerCommitStatuses() {}
