using GpuGrants.Trees;

namespace GpuGrants.Tests.Trees;

public class ReturnPathTests
{
    private static readonly Guid[] Path = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];

    [Fact]
    public void What_comes_back_to_an_open_programme_stays_there() => Assert.Equal(Path[0], ReturnPath.Nearest(Path, _ => false));

    [Fact]
    public void What_comes_back_to_an_ended_programme_goes_to_the_nearest_open_one_above() =>
        Assert.Equal(Path[2], ReturnPath.Nearest(Path, id => id != Path[2]));

    [Fact]
    public void Where_all_have_ended_nobody_gets_it() => Assert.Null(ReturnPath.Nearest(Path, _ => true));
}
