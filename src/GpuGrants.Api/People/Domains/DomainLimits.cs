using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Limiting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.People.Domains;

/// <summary>Limits how often one organization starts proofs and has names looked up, over all replicas.</summary>
public sealed class DomainLimits(IOptions<DomainProofOptions> options, NpgsqlDataSource database, TimeProvider clock)
{
    private const string Who = "The organization's owners together";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly SharedLimit _starts = new("proofs", options.Value.StartsPerHour, Hour, database, clock);
    private readonly SharedLimit _lookups = new("lookups", options.Value.LookupsPerHour, Hour, database, clock);

    /// <exception cref="ProblemException">The organization started too many proofs in this hour.</exception>
    public Task TakeStartAsync(HttpContext http, Guid organization) => _starts.TakeAsync(http, organization.ToString("N"), Who);

    /// <exception cref="ProblemException">Too many names were looked up for the organization in this hour.</exception>
    public Task TakeLookupAsync(HttpContext http, Guid organization) => _lookups.TakeAsync(http, organization.ToString("N"), Who);
}
