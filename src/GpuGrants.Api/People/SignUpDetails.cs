namespace GpuGrants.Api.People;

/// <summary>What somebody who signs up has stated.</summary>
public sealed record SignUpDetails(string Email, string Name, string Language, string OrganizationName, string Kind, string Country);
