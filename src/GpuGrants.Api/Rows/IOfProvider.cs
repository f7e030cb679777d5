namespace GpuGrants.Api.Rows;

/// <summary>A row of what a provider has in a programme.</summary>
public interface IOfProvider
{
    Guid Id { get; }

    Guid ProviderId { get; }

    Guid ProgrammeId { get; }
}
