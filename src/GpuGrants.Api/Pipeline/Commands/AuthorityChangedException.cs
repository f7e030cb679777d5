namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>
/// The caller's roles, client or principal changed between the endpoint's judgement and the decision. Nothing was carried out: the endpoint
/// judges again by what holds now.
/// </summary>
public sealed class AuthorityChangedException() : Exception("The caller's authority changed before the command was decided.");
