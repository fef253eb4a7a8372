package gitlabcitest

func (s *Server) registerFreezePeriods() {}
